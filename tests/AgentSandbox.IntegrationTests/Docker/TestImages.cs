using System.Formats.Tar;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Endpoint;

namespace AgentSandbox.IntegrationTests.Docker;

/// <summary>Images for tests, made of this machine's own busybox.</summary>
internal static class TestImages
{
    /// <summary>Like Alpine: busybox with its shell and an account or two.</summary>
    public static async Task<string> BusyboxAsync(DockerEndpoint endpoint, params string[] changes)
    {
        using var engine = new DockerEngine(endpoint, DockerCliSurroundings.Current);
        return await engine.ImportImageAsync(Root(full: true), "agsb-tests/busybox", Guid.NewGuid().ToString("N"), changes, CancellationToken.None);
    }

    /// <summary>Like distroless: one static program, no shell, no accounts, no /tmp.</summary>
    public static async Task<string> DistrolessAsync(DockerEndpoint endpoint)
    {
        using var engine = new DockerEngine(endpoint, DockerCliSurroundings.Current);
        return await engine.ImportImageAsync(Root(full: false), "agsb-tests/distroless", Guid.NewGuid().ToString("N"), [], CancellationToken.None);
    }

    public static async Task RemoveAsync(DockerEndpoint endpoint, string image)
    {
        using var engine = new DockerEngine(endpoint, DockerCliSurroundings.Current);
        await engine.RemoveImageAsync(image, CancellationToken.None);
    }

    private static MemoryStream Root(bool full)
    {
        var archive = new MemoryStream();
        using (var tar = new TarWriter(archive, TarEntryFormat.Ustar, leaveOpen: true))
        {
            const UnixFileMode Executable = (UnixFileMode)0b111_101_101;
            Folder(tar, "bin", Executable);
            using FileStream busybox = File.OpenRead("/bin/busybox");
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "bin/busybox") { Mode = Executable, DataStream = busybox });
            if (full)
            {
                foreach (string name in new[] { "sh", "cat", "echo", "id", "ls", "pwd", "env", "sleep", "touch", "head", "dd", "rm", "cp", "mv", "chmod", "true", "kill", "mkdir" })
                {
                    tar.WriteEntry(new UstarTarEntry(TarEntryType.SymbolicLink, "bin/" + name) { LinkName = "busybox", Mode = Executable });
                }

                Folder(tar, "tmp", (UnixFileMode)0b1_111_111_111);
                Folder(tar, "etc", Executable);
                Folder(tar, "data", Executable);
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "etc/passwd") { Mode = (UnixFileMode)0b110_100_100, DataStream = new MemoryStream("root:x:0:0:root:/root:/bin/sh\napp:x:1234:1234:app:/data:/bin/sh\n"u8.ToArray()) });
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "etc/group") { Mode = (UnixFileMode)0b110_100_100, DataStream = new MemoryStream("root:x:0:\napp:x:1234:\n"u8.ToArray()) });
            }
        }

        archive.Position = 0;
        return archive;
    }

    private static void Folder(TarWriter tar, string name, UnixFileMode mode) => tar.WriteEntry(new UstarTarEntry(TarEntryType.Directory, name) { Mode = mode });
}
