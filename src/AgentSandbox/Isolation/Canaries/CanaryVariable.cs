namespace AgentSandbox.Isolation.Canaries;

/// <summary>
/// A variable in the environment of this process, which is what starts the sandbox: the backends' programs are its children, the engines' clients are itself.
/// Every child that is given the environment has it. Its name and value are this run's own, so that runs at the same time don't meet.
/// </summary>
internal sealed class CanaryVariable : IDisposable
{
    private CanaryVariable(string runId)
    {
        Name = "AGENTSANDBOX_CANARY_" + runId;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its value.</summary>
    public string Secret { get; } = HostCanaries.NewSecret();

    /// <summary>Plants.</summary>
    /// <param name="runId">The run.</param>
    /// <returns>The variable.</returns>
    public static CanaryVariable Plant(string runId)
    {
        var variable = new CanaryVariable(runId);
        Environment.SetEnvironmentVariable(variable.Name, variable.Secret);
        return variable;
    }

    /// <summary>Checks that it is there.</summary>
    /// <exception cref="ProbeFailedException">It is not.</exception>
    public void Verify()
    {
        if (Environment.GetEnvironmentVariable(Name) != Secret)
        {
            throw new ProbeFailedException($"The canary variable {Name} was changed or removed.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Environment.SetEnvironmentVariable(Name, null);
}
