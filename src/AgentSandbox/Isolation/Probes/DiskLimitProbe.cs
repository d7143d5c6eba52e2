using AgentSandbox.Isolation.Observation;

namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether a payload can fill the host's disk.</summary>
internal sealed class DiskLimitProbe : HostProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "res.disk",
        IsolationCategory.Resource,
        IsolationSeverity.Low,
        "Can a payload use as much disk space as the host has?",
        "statvfs(3), mount(2)",
        "-DiskLimit 1GB; -ReadOnly where the backend can't limit it.");

    /// <inheritdoc/>
    public override string? DeclaredBy(ProbeContext context) =>
        context.Specification.DiskLimit == 0 && context.Defaults.DiskLimit != 0 ? "-DiskLimit 0" : null;

    /// <inheritdoc/>
    protected override IsolationFinding Look(ProbeContext context)
    {
        PayloadView payload = context.Payload;
        if (payload.IsOwnKernel)
        {
            // The root of that kernel's own processes is an empty folder, not the sandbox's; the files are served to it by another process.
            return context.Specification is { DiskLimit: > 0 } or { ReadOnly: true }
                ? IsolationFinding.Inconclusive("The sandbox's own kernel shows its root to the sandbox only, so the host can't measure it.")
                : IsolationFinding.Host(true, "No limit was set: what the sandbox writes is on the engine's disk.");
        }

        return payload.Each(process => Measure(context, process))[0];
    }

    private static IsolationFinding Measure(ProbeContext context, PayloadProcess process)
    {
        string[] mounted = [.. context.Specification.Mounts.Where(mount => !mount.ReadOnly).Select(mount => mount.Target)];
        if (!PayloadMounts.WritableOnDisk(process.ReadLines("mountinfo")).Except(mounted).Any())
        {
            return IsolationFinding.Host(false, "No file system on a disk is mounted for writing, but for what the specification mounts.");
        }

        // Only the size of the file system at the payload's root is asked for; no path below it is followed.
        long size = SizeOf(process.Folder + "/root");
        long? asked = context.Specification.DiskLimit;
        bool limited = asked > 0 ? size <= asked * 1.05 : size < SizeOf(context.Canaries.Files.Folder);
        return IsolationFinding.Host(!limited, $"The root file system has {ByteSize.Format(size)} in all{(limited ? "" : ", which no limit of the sandbox's own explains")}.");
    }

    private static long SizeOf(string path)
    {
        try
        {
            return new DriveInfo(path).TotalSize;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ProbeFailedException($"The host can't measure the payload's root: {error.Message}", error);
        }
    }
}
