using AgentSandbox.Isolation.Observation;

namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether variables of the process that starts the sandbox, where secrets often are, arrive at its payloads.</summary>
internal sealed class EnvironmentLeakProbe : GuestProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "process.env-leak",
        IsolationCategory.Process,
        IsolationSeverity.Medium,
        "Does a payload get variables of the process that started the sandbox?",
        "environ(7), proc_pid_environ(5)",
        "The default of every -Backend: a command's variables are its own and those of -Environment.");

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(ProbeContext context, bool onHost) => [context.Canaries.Variable.Name];

    /// <inheritdoc/>
    protected override string Secret(ProbeContext context) => context.Canaries.Variable.Secret;

    /// <inheritdoc/>
    /// <remarks>The environment of a kernel of the sandbox's own is not its payload's.</remarks>
    protected override IsolationFinding? HostDecides(ProbeContext context) => !context.Payload.IsOwnKernel && IsThere(context)
        ? IsolationFinding.Host(true, $"The environment of {context.Payload.Name} has a variable, with its secret value, that only the process which started the sandbox was given.")
        : null;

    /// <inheritdoc/>
    protected override string? HostRulesOut(ProbeContext context, PayloadView payload) =>
        payload.IsOwnKernel || IsThere(context) ? null : $"The environment of {payload.Name} has nothing of what the process which started the sandbox was given.";

    private static bool IsThere(ProbeContext context) =>
        context.Payload.Each(process => process.ReadLines("environ").Any(line => line.Contains(context.Canaries.Variable.Secret, StringComparison.Ordinal))).Any(there => there);
}
