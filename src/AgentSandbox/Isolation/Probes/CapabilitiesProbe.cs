using System.Globalization;
using AgentSandbox.Isolation.Observation;

namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether a payload has capabilities that amount to being root on the host.</summary>
internal sealed class CapabilitiesProbe : HostProbe
{
    // Numbers of linux/capability.h. Those that give away the host, its files, its other processes or its network.
    private static readonly (int Bit, string Name)[] s_dangerous =
    [
        (0, "CHOWN"), (1, "DAC_OVERRIDE"), (2, "DAC_READ_SEARCH"), (3, "FOWNER"), (5, "KILL"), (6, "SETGID"), (7, "SETUID"), (12, "NET_ADMIN"), (13, "NET_RAW"),
        (16, "SYS_MODULE"), (17, "SYS_RAWIO"), (18, "SYS_CHROOT"), (19, "SYS_PTRACE"), (21, "SYS_ADMIN"), (22, "SYS_BOOT"), (25, "SYS_TIME"), (27, "MKNOD"),
        (31, "SETFCAP"), (32, "MAC_OVERRIDE"), (33, "MAC_ADMIN"), (34, "SYSLOG"), (38, "PERFMON"), (39, "BPF"),
    ];

    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "priv.caps",
        IsolationCategory.Privilege,
        IsolationSeverity.High,
        "Does a payload have capabilities over the host?",
        "capabilities(7), user_namespaces(7)",
        "-Backend Nspawn; on chroot an unprivileged user (no -User root).");

    /// <inheritdoc/>
    protected override IsolationFinding Look(ProbeContext context)
    {
        PayloadView payload = context.Payload;
        IReadOnlyList<(ulong Has, bool OwnNamespace)> seen = payload.Each(process =>
        {
            ulong has = Set(process, "CapEff") | Set(process, "CapPrm") | Set(process, "CapInh");
            return (has, Names(has).Length > 0 && !process.SharesNamespace("user"));
        });
        ulong all = seen.Aggregate(0UL, (sum, one) => sum | one.Has);
        if (Names(all).Length == 0)
        {
            return IsolationFinding.Host(false, $"The effective, permitted and inheritable sets of {payload.Name} hold none of the {s_dangerous.Length} dangerous capabilities ({all:x}).");
        }

        ulong overHost = seen.Where(one => !one.OwnNamespace).Aggregate(0UL, (sum, one) => sum | one.Has);
        return Names(overHost) is { Length: > 0 } names
            ? IsolationFinding.Host(true, $"{payload.Subject} has {string.Join(", ", names)}.")
            : IsolationFinding.Host(false, $"{payload.Subject} has {string.Join(", ", Names(all))}, but only inside its own user namespace.");
    }

    private static string[] Names(ulong set) => [.. s_dangerous.Where(capability => (set >> capability.Bit & 1) != 0).Select(capability => capability.Name)];

    private static ulong Set(PayloadProcess payload, string name) => ulong.Parse(payload.Status(name), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
