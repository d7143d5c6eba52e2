using AgentSandbox.Isolation.Observation;

namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether a payload runs without a rule of SELinux, AppArmor or Smack, where the host has one of them.</summary>
internal sealed class SecurityModuleProbe : HostProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "kernel.lsm",
        IsolationCategory.Kernel,
        IsolationSeverity.Low,
        "Is a payload unconfined for the host's security module?",
        "proc_pid_attr(5), CIS Docker Benchmark 5.2",
        "-Backend Docker, with an engine that uses AppArmor or SELinux.");

    /// <inheritdoc/>
    protected override string? MissingHere(ProbeContext context) =>
        SecurityModules.Active().Count == 0 ? "This host has none of SELinux, AppArmor and Smack active." : null;

    /// <inheritdoc/>
    protected override IsolationFinding Look(ProbeContext context)
    {
        bool permissive = SecurityModules.IsPermissive();
        IReadOnlyList<string> modules = SecurityModules.Active();
        IReadOnlyList<(string Label, bool Confined)> seen = context.Payload.Each(process =>
        {
            (string Module, string Label)[] labels = [.. modules.Select(module => (module, SecurityModules.Clean(string.Join('\n', process.ReadLines(SecurityModules.FileOf(module, process.Folder))))))];
            return (
                string.Join(", ", labels.Select(one => $"{one.Module}: {one.Label}")),
                labels.Any(one => SecurityModules.Confines(one.Module, one.Label, SecurityModules.OwnLabel(SecurityModules.FileOf(one.Module, "/proc/self")), permissive && one.Module == "selinux")));
        });
        bool exposed = seen.Any(one => !one.Confined);
        return IsolationFinding.Host(exposed, $"The label of {context.Payload.Name} is {string.Join("; ", seen.Select(one => one.Label).Distinct())} ({(exposed ? "not confined" : "confined")}).");
    }
}
