namespace AgentSandbox.Isolation.WindowsSandbox;

/// <summary>
/// A question about an instance of Windows Sandbox. What was asked for in its configuration comes first: what was asked for is open, as the host knows. What was not
/// asked for is isolated only when the guest looked too and found it closed: a configuration is a request and no observation.
/// </summary>
internal abstract class InstanceProbe : AttemptProbe<InstanceContext>
{
    /// <inheritdoc/>
    protected sealed override Task<IsolationFinding?> BeforeAsync(InstanceContext context, CancellationToken cancellationToken) => Task.FromResult(
        AskedOpen(context.Configuration, context) is { } opening ? IsolationFinding.Host(true, $"It was asked for in the configuration: {opening}.") : null);

    /// <inheritdoc/>
    protected sealed override Task VerifyAsync(InstanceContext context, CancellationToken cancellationToken)
    {
        context.Canaries.Verify();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    protected sealed override string? HostRulesOut(InstanceContext context) => null; // Nothing of an instance can be seen from outside.

    /// <inheritdoc/>
    protected sealed override string Preface(InstanceContext context) => AskedClosed(context.Configuration) is { } closed ? $"Asked for in the configuration: {closed}. In the sandbox: " : "";

    /// <summary>What in the configuration asks for the opening; null when nothing does.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="context">The run.</param>
    /// <returns>The part of it, in words.</returns>
    protected virtual string? AskedOpen(RequestedConfiguration configuration, InstanceContext context) => Name is { } name && configuration.Switch(name) is var value && value != "Disable"
        ? value is null ? $"{name} is not said, so that Windows decides" : $"{name} is {value}"
        : null;

    /// <summary>What in the configuration asks for the boundary; null when it is not for the configuration to say.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <returns>The part of it, in words.</returns>
    protected virtual string? AskedClosed(RequestedConfiguration configuration) => Name is { } name ? $"{name} is {configuration.Switch(name)}" : null;

    /// <summary>The switch of the configuration that opens or closes it; null when there is none.</summary>
    protected virtual string? Name => null;
}
