using AgentSandbox.Isolation.Observation;

namespace AgentSandbox.Isolation.Probes;

/// <summary>
/// Whether what is mounted in the sandbox shows up on the host. A mount that only receives (a slave) shows what the host's root mounts below that very place,
/// which is the host's doing, and nothing goes the other way: it is told and is no opening.
/// </summary>
internal sealed class PropagationProbe : HostProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "fs.propagation",
        IsolationCategory.FileSystem,
        IsolationSeverity.Medium,
        "Do mounts that are made in the sandbox appear on the host?",
        "mount_namespaces(7), proc_pid_mountinfo(5), CIS Docker Benchmark 5.20",
        "-Backend Nspawn, whose mounts are its own.");

    /// <inheritdoc/>
    protected override IsolationFinding Look(ProbeContext context)
    {
        PayloadView payload = context.Payload;
        return payload.SharesNamespace("mnt")
            ? IsolationFinding.Host(true, $"{payload.Subject} is in the host's own mount namespace.")
            : Compare(payload.Subject, [.. payload.Each(process => MountLine.ParseAll(process.ReadLines("mountinfo"))).SelectMany(mounts => mounts)], MountLine.ParseAll(File.ReadAllLines("/proc/self/mountinfo")));
    }

    /// <summary>Compares the peer groups of two lists of mounts.</summary>
    /// <param name="subject">Whose the first are, at the beginning of a sentence.</param>
    /// <param name="mounts">The payload's.</param>
    /// <param name="host">The host's.</param>
    /// <returns>The finding.</returns>
    internal static IsolationFinding Compare(string subject, IReadOnlyCollection<MountLine> mounts, IReadOnlyCollection<MountLine> host)
    {
        HashSet<int> groups = [.. host.Select(mount => mount.SharedWith).OfType<int>()];
        string[] shared = [.. mounts.Where(mount => mount.SharedWith is { } group && groups.Contains(group)).Select(mount => mount.Point).Distinct()];
        string[] receiving = [.. mounts.Where(mount => mount.ReceivesFrom is { } group && groups.Contains(group)).Select(mount => mount.Point).Distinct()];
        return shared.Length > 0
            ? IsolationFinding.Host(true, $"{subject} has {shared.Length} mounts in peer groups of the host's: {Some(shared)}.")
            : IsolationFinding.Host(false, $"Of the {mounts.Count} mounts that {char.ToLowerInvariant(subject[0])}{subject[1..]} has, none is in a peer group of the host's{(receiving.Length == 0 ? "" : $"; what the host mounts below {Some(receiving)} shows there, not the other way")}.");
    }

    private static string Some(string[] points) => string.Join(", ", points.Take(3)) + (points.Length > 3 ? " and more" : "");
}
