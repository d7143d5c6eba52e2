using AgentSandbox.Backends.Linux.ControlGroups;
using AgentSandbox.Backends.Linux.Runtime;
using AgentSandbox.State;

namespace AgentSandbox.Backends.Nspawn;

/// <summary>systemd-nspawn with a user namespace: own processes, network, users, mounts, IPC and host name on a shared kernel.</summary>
internal sealed class NspawnBackend(SandboxHome home) : LinuxBackend(home)
{
    internal const string BackendName = "Nspawn";

    /// <summary>Path of systemd-nspawn, or null.</summary>
    internal static string? Program { get; } = new[] { "/usr/bin/systemd-nspawn", "/bin/systemd-nspawn", "/usr/local/bin/systemd-nspawn" }.FirstOrDefault(File.Exists);

    /// <inheritdoc/>
    public override string Name => BackendName;

    /// <inheritdoc/>
    internal override GuestLauncher Launcher { get; } = new NspawnLauncher();

    /// <inheritdoc/>
    protected override int Strength => 30;

    /// <inheritdoc/>
    protected override bool SecurityBoundary => true;

    /// <inheritdoc/>
    protected override bool SharesDevices => false;

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Isolates => ["files", "processes", "users", "network", "IPC", "host name", "capabilities", "system calls", "memory, CPU, process and disk use"];

    /// <inheritdoc/>
    protected override IReadOnlyList<string> DoesNotIsolate => ["the kernel: a hole in it is a hole in the sandbox"];

    /// <inheritdoc/>
    protected override (string Reason, string Action)? Missing() => OperatingSystem.IsLinux() && Program is null
        ? ("systemd-nspawn is not installed.", "Install it: apt-get install systemd-container")
        : base.Missing();

    /// <inheritdoc/>
    protected override string? Version() => SystemdVersion.Installed is { } version ? $"systemd {version}" : null;

    /// <inheritdoc/>
    public override SandboxSpecification ApplyDefaults(SandboxSpecification specification) =>
        base.ApplyDefaults(specification) with { Network = specification.Network ?? NetworkMode.None };

    /// <inheritdoc/>
    public override IEnumerable<SpecificationProblem> Validate(SandboxSpecification specification)
    {
        foreach (SpecificationProblem problem in base.Validate(specification))
        {
            yield return problem;
        }

        if (specification.Allows(SandboxAllowance.ControlGroups) && ControlGroupHierarchy.Detect().VersionTwoRoot is null)
        {
            yield return GuestAllowances.Problem(
                SandboxAllowance.ControlGroups, Name, "groups of version 1 can't be bounded in depth and number, and this machine has no others.", "Mount control groups of version 2, or leave ControlGroups out.");
        }
    }
}
