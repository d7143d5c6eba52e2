using AgentSandbox.Backends.Docker.Engine;

namespace AgentSandbox.Backends.Docker.Linux;

/// <summary>
/// Brings the guest program into a container whose engine does not see this machine's files. The container does not run, so nothing in it can
/// interfere; done before every start, so that whatever a sandbox did to the program is undone.
/// </summary>
internal static class GuestUpload
{
    /// <summary>Puts the program into the container's volume for it.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="containerId">A container that does not run.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that completes when it is there.</returns>
    public static async Task PutAsync(IDockerEngine engine, string containerId, CancellationToken cancellationToken)
    {
        string program = SandboxPrograms.Guest;
        var archive = new MemoryStream();
        using (var writer = new System.Formats.Tar.TarWriter(archive, System.Formats.Tar.TarEntryFormat.Ustar, leaveOpen: true))
        using (FileStream file = File.OpenRead(program))
        {
            writer.WriteEntry(new System.Formats.Tar.UstarTarEntry(System.Formats.Tar.TarEntryType.RegularFile, "guest")
            {
                Mode = UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute,
                DataStream = file,
            });
        }

        archive.Position = 0;
        await engine.PutArchiveAsync(containerId, LinuxContainerRequest.GuestFolder, archive, cancellationToken);
    }
}
