using System.Formats.Tar;
using AgentSandbox.IntegrationTests.Isolation;

namespace AgentSandbox.IntegrationTests.Docker;

/// <summary>An image of the engine with busybox, a set-user-id root program and a volume; made once, removed when the tests end.</summary>
internal static class TestImage
{
    private static readonly Lazy<Task<string>> s_name = new(MakeAsync);

    /// <summary>A set-user-id root copy of our own program.</summary>
    public const string SetIdProgram = "/bin/raise";

    /// <summary>A folder that the image wants a volume for, open to everyone.</summary>
    public const string Volume = "/data";

    public static Task<string> NameAsync() => s_name.Value;

    /// <summary>Runs docker; fails the test when it fails.</summary>
    public static async Task<string> DockerAsync(params string[] arguments)
    {
        (int exitCode, string output, string error) = await GuestProgram.RunAsync(["docker", .. arguments]);
        Assert.True(exitCode == 0, $"docker {string.Join(' ', arguments)}: {error}");
        return output.Trim();
    }

    private static async Task<string> MakeAsync()
    {
        string name = $"agsb-isolation-test:{Guid.NewGuid():N}";
        string tar = Path.GetTempFileName();
        try
        {
            await WriteAsync(tar);
            await DockerAsync("import", "--change", $"VOLUME {Volume}", "--change", "ENV PATH=/bin", tar, name);
        }
        finally
        {
            File.Delete(tar);
        }

        AppDomain.CurrentDomain.ProcessExit += (_, _) => GuestProgram.RunAsync("docker", "image", "rm", "--force", name).GetAwaiter().GetResult();
        return name;
    }

    private static async Task WriteAsync(string path)
    {
        await using var writer = new TarWriter(File.Create(path));
        foreach ((string folder, int mode) in new[] { ("bin", 0x1ED), ("etc", 0x1ED), ("proc", 0x1ED), ("root", 0x1C0), ("tmp", 0x3FF), ("data", 0x3FF), ("var", 0x1ED), ("var/tmp", 0x3FF), ("run", 0x1ED) })
        {
            await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.Directory, folder) { Mode = (UnixFileMode)mode });
        }

        await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "etc/passwd") { Mode = (UnixFileMode)0x1A4, DataStream = new MemoryStream("root:x:0:0::/root:/bin/sh\n"u8.ToArray()) });
        await AddAsync("bin/busybox", "/usr/bin/busybox", 0x1ED);
        await AddAsync(SetIdProgram[1..], GuestProgram.Path, 0x9ED); // rwsr-xr-x
        (_, string applets, _) = await GuestProgram.RunAsync("/usr/bin/busybox", "--list");
        foreach (string applet in applets.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(a => a != "busybox"))
        {
            await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.SymbolicLink, "bin/" + applet) { LinkName = "busybox" });
        }

        async Task AddAsync(string name, string source, int mode)
        {
            await using FileStream content = File.OpenRead(source);
            await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, name) { Mode = (UnixFileMode)mode, DataStream = content });
        }
    }
}
