using System.Globalization;
using AgentSandbox.Isolation.Observation;

namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether a drive of Windows can be mounted, which root of a distribution can with automount off too. What is mounted is read-only and gone at once.</summary>
internal sealed class WslDriveProbe : GuestProbe
{
    private const int SystemAdministration = 21; // CAP_SYS_ADMIN

    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "wsl.drvfs",
        IsolationCategory.FileSystem,
        IsolationSeverity.Critical,
        "Can the sandbox mount a drive of Windows?",
        "mount(2), user_namespaces(7), wsl.conf [automount]",
        "-Backend Nspawn; on chroot an unprivileged user (no -User root).");

    /// <inheritdoc/>
    protected override string? MissingHere(ProbeContext context) => context.Wsl.WhyNot;

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(ProbeContext context, bool onHost) =>
        [onHost ? context.Canaries.Files.Folder : "", context.Wsl.DriveServer, .. context.Wsl.DriveMounts];

    /// <inheritdoc/>
    protected override string? AbsentOnHost(ProbeContext context, ProbeAnswer baseline) => baseline is { Outcome: ProbeOutcome.Closed, SelfTest: true }
        ? $"Root of the distribution can't mount a drive of Windows either ({baseline.Description})."
        : null;

    /// <inheritdoc/>
    protected override string? HostRulesOut(PayloadView payload)
    {
        // user_namespaces(7): only what is flagged for it can be mounted in a user namespace; 9p and virtiofs are not.
        if (!payload.SharesNamespace("user"))
        {
            return $"{payload.Subject} has a user namespace of its own, in which these file systems can't be mounted.";
        }

        ulong all = payload.Each(process => Set(process, "CapEff") | Set(process, "CapPrm") | Set(process, "CapInh") | Set(process, "CapBnd")).Aggregate(0UL, (sum, one) => sum | one);
        return (all >> SystemAdministration & 1) == 0 ? $"{payload.Subject} has no CAP_SYS_ADMIN, which mounting takes, and can't get it." : null;
    }

    private static ulong Set(PayloadProcess process, string name) => ulong.Parse(process.Status(name), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
