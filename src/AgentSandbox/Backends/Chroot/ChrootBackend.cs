using AgentSandbox.Backends.Linux.Runtime;
using AgentSandbox.State;

namespace AgentSandbox.Backends.Chroot;

/// <summary>chroot(2): another root folder, and nothing else. Kept because people use it, limited, cleaned up, and never called a boundary.</summary>
internal sealed class ChrootBackend(SandboxHome home) : LinuxBackend(home)
{
    internal const string BackendName = "Chroot";

    /// <inheritdoc/>
    public override string Name => BackendName;

    private static readonly Dictionary<SandboxAllowance, string> s_impossible = new()
    {
        [SandboxAllowance.NestedUserNamespace] = "the kernel makes no user namespace for a process in a chroot (unshare(2)).",
        [SandboxAllowance.ControlGroups] = "it has no control groups of its own to show, and the host's are not given away.",
    };

    /// <inheritdoc/>
    internal override GuestLauncher Launcher { get; } = new ChrootLauncher();

    /// <inheritdoc/>
    protected override int Strength => 10;

    /// <inheritdoc/>
    protected override bool SecurityBoundary => false;

    /// <inheritdoc/>
    protected override bool SharesDevices => true;

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Isolates => ["the view of the file system, for unprivileged users", "memory, CPU, process and disk use"];

    /// <inheritdoc/>
    protected override IReadOnlyList<string> DoesNotIsolate => ["processes: it sees the host's", "network: it has the host's", "IPC", "users", "the kernel", "files, when it runs as root: root walks out"];

    /// <inheritdoc/>
    protected override string? Version() => null;

    /// <inheritdoc/>
    public override SandboxSpecification ApplyDefaults(SandboxSpecification specification) =>
        base.ApplyDefaults(specification) with { Network = specification.Network ?? NetworkMode.Host };

    /// <inheritdoc/>
    public override IEnumerable<SpecificationProblem> Validate(SandboxSpecification specification)
    {
        foreach (SpecificationProblem problem in base.Validate(specification))
        {
            yield return problem;
        }

        foreach (SpecificationProblem problem in GuestAllowances.Refuse(specification, s_impossible))
        {
            yield return problem;
        }

        if (specification.Network == NetworkMode.None)
        {
            yield return new(SandboxErrorId.NotEnforceable, "Network", "A chroot has the host's network; it can't be taken away.", "Use -Backend Nspawn, or say -Network Host.");
        }

        if (specification.Hostname is not null)
        {
            yield return new(SandboxErrorId.NotEnforceable, "Hostname", "A chroot has the host's name; it can't have one of its own.", "Use -Backend Nspawn, or leave -Hostname out.");
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Warnings(SandboxSpecification specification) => ChrootLauncher.IsRoot(specification)
        ? ["A chroot is no security boundary, and this one runs as the host's root: it can leave at any time and do anything to this machine."]
        : ["A chroot is no security boundary: it sees the host's processes and has the host's network. Use -Backend Nspawn for code that you don't trust."];
}
