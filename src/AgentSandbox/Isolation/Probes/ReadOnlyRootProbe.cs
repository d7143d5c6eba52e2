using AgentSandbox.Isolation.Observation;

namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether a payload can put a program beside those of its image, and so in their place. What it makes is empty and gone at once.</summary>
internal sealed class ReadOnlyRootProbe : GuestProbe
{
    private static readonly string[] s_folders = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/bin", "/sbin"];

    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "fs.rootfs-readonly",
        IsolationCategory.FileSystem,
        IsolationSeverity.Low,
        "Can the sandbox replace programs of its image?",
        "open(2), CIS Docker Benchmark 5.13",
        "-ReadOnly, or an unprivileged user (no -User root).");

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(ProbeContext context, bool onHost) => onHost ? [context.Canaries.Files.Folder, context.Canaries.Files.Folder] : ["", .. s_folders];

    /// <inheritdoc/>
    protected override string? HostRulesOut(PayloadView payload)
    {
        if (payload.IsOwnKernel || HostFacts.CanMount(payload))
        {
            return null; // What gVisor serves read-only is its own to say, and who can mount can make a mount writable.
        }

        IReadOnlyList<MountLine> mounts = payload.Each(process => MountLine.ParseAll(process.ReadLines("mountinfo")))[0];
        return s_folders.All(folder => MountLine.Of(mounts, folder)?.IsReadOnly == true) ? $"{string.Join(", ", s_folders)} are mounted read-only." : null;
    }
}
