namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether a payload can open a disk below every file system. The device is opened and never read.</summary>
internal sealed class BlockDeviceProbe : GuestProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "device.block",
        IsolationCategory.Device,
        IsolationSeverity.Critical,
        "Can the sandbox open, or make and open, a block device?",
        "mknod(2), user_namespaces(7)",
        "-Backend Nspawn; on chroot an unprivileged user (no -User root).");

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(ProbeContext context, bool onHost)
    {
        (string path, string major, string minor) = Device();
        return onHost ? [path, major, minor, context.Canaries.Files.Folder] : [path, major, minor];
    }

    /// <summary>A loop device where there is one, since nothing is behind it; else any.</summary>
    private static (string Path, string Major, string Minor) Device()
    {
        const string Blocks = "/sys/block";
        if (Directory.Exists(Blocks))
        {
            foreach (string folder in Directory.GetDirectories(Blocks).OrderBy(folder => !Path.GetFileName(folder).StartsWith("loop", StringComparison.Ordinal)).ThenBy(folder => folder, StringComparer.Ordinal))
            {
                string path = "/dev/" + Path.GetFileName(folder);
                if (File.Exists(path) && File.ReadAllText(folder + "/dev").Trim().Split(':') is [string major, string minor])
                {
                    return (path, major, minor);
                }
            }
        }

        throw new ProbeFailedException("This host has no block device to try.");
    }
}
