namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether a payload reaches the kernel's keyrings, which no namespace separates. It asks for a number and makes none.</summary>
internal sealed class KeyringProbe : KernelCallProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "kernel.keyring",
        IsolationCategory.Kernel,
        IsolationSeverity.Medium,
        "Can the sandbox reach the kernel's keyrings?",
        "keyrings(7), keyctl(2)",
        "-Backend Nspawn, whose system call filter refuses it without -Allow Keyring.");

    /// <inheritdoc/>
    public override string? DeclaredBy(ProbeContext context) => HostFacts.Allowed(context, SandboxAllowance.Keyring);
}
