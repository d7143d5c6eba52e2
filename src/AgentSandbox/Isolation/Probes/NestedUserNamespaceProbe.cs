namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether a payload can make user namespaces, in which it gets every capability and reaches kernel code that is closed to it else.</summary>
internal sealed class NestedUserNamespaceProbe : GuestProbe
{
    private const int NoSpace = 28;

    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "kernel.nested-userns",
        IsolationCategory.Kernel,
        IsolationSeverity.Medium,
        "Can the sandbox make user namespaces of its own?",
        "user_namespaces(7), clone(2)",
        "-Backend Nspawn, whose system call filter refuses it without -Allow NestedUserNamespace.");

    /// <inheritdoc/>
    public override string? DeclaredBy(ProbeContext context) => HostFacts.Allowed(context, SandboxAllowance.NestedUserNamespace);

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(ProbeContext context, bool onHost) => [];

    /// <inheritdoc/>
    protected override string? AbsentOnHost(ProbeContext context, ProbeAnswer baseline) => baseline.Errno == NoSpace ? "This host allows no user namespaces (user.max_user_namespaces)." : null;
}
