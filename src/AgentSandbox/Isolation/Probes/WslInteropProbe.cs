namespace AgentSandbox.Isolation.Probes;

/// <summary>
/// Whether Windows can be asked to start a program. The registration for Windows' programs is the whole machine's and works in every root; what it needs is
/// one of the sockets, which are only connected to: nothing is said to them, so nothing starts.
/// </summary>
internal sealed class WslInteropProbe : GuestProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "wsl.interop",
        IsolationCategory.Process,
        IsolationSeverity.Critical,
        "Can the sandbox have Windows start programs?",
        "binfmt_misc (kernel documentation), wsl.conf [interop]",
        "-Backend Nspawn, whose /run is its own, in the distribution of Install-SandboxBackend Wsl.");

    /// <inheritdoc/>
    protected override string? MissingHere(ProbeContext context) => context.Wsl.WhyNot;

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(ProbeContext context, bool onHost) => [context.Wsl.InteropFolder];

    /// <inheritdoc/>
    protected override string? AbsentOnHost(ProbeContext context, ProbeAnswer baseline) => baseline is { Outcome: ProbeOutcome.Closed, SelfTest: true }
        ? $"The distribution itself has no socket that leads to Windows in {context.Wsl.InteropFolder}; {context.Wsl.Configuration.Description}; {Registration(context)}."
        : null;

    private static string Registration(ProbeContext context) =>
        context.Wsl.Registration.Length == 0 ? "no registration for Windows' programs was seen" : $"the registration for Windows' programs is {string.Join(", ", context.Wsl.Registration.Split('\n').Take(3))}";
}
