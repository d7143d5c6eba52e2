namespace AgentSandbox.Isolation.WindowsSandbox;

/// <summary>What probes of an instance of Windows Sandbox have at hand. Its kernel is its own, so the host sees nothing of what runs in it.</summary>
internal sealed class InstanceContext : ProbeSetting, IProbeKind
{
    /// <inheritdoc/>
    public static string Kind => "an instance of Windows Sandbox";

    /// <summary>What it was started with.</summary>
    /// <exception cref="ProbeFailedException">That is not known; then nothing of it is.</exception>
    public RequestedConfiguration Configuration => RequestedConfiguration.Parse(
        ConfigurationText ?? throw new ProbeFailedException("The configuration that the instance was started with was not recorded."));

    /// <summary>The same as XML; null when it was not recorded.</summary>
    public required string? ConfigurationText { get; init; }

    /// <summary>What was planted on the host.</summary>
    public required WindowsCanaries Canaries { get; init; }

    /// <summary>Security identifier of the host's user.</summary>
    public required string UserSid { get; init; }

    /// <summary>This product's own folder for the sandbox, below which the three are that each instance has mapped.</summary>
    public required string StateFolder { get; init; }
}
