using AgentSandbox.Isolation.WindowsSandbox;

namespace AgentSandbox.Isolation.Probes.WindowsSandbox;

/// <summary>Whether commands run as, or the instance knows, the host's user. In an instance there are its own accounts only, above all WDAGUtilityAccount.</summary>
internal sealed class UserProbe : InstanceProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "wsb.users",
        IsolationCategory.Privilege,
        IsolationSeverity.High,
        "Is the host's user known in Windows Sandbox?",
        "LookupAccountSid; Windows Sandbox's WDAGUtilityAccount",
        "-Backend WindowsSandbox, whose instance has accounts of its own.");

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(InstanceContext context, bool onHost) => [context.UserSid];

    /// <inheritdoc/>
    protected override string? AbsentOnHost(InstanceContext context, ProbeAnswer baseline) =>
        baseline is { Outcome: ProbeOutcome.Closed, SelfTest: true } ? $"This process's own user, {context.UserSid}, is one that every Windows has." : null;
}
