namespace AgentSandbox.Backends;

/// <summary>What a command leaves open is its sandbox's to say.</summary>
internal static class CommandDefaults
{
    /// <summary>Fills in user, folder and variables.</summary>
    /// <param name="command">The command.</param>
    /// <param name="specification">The sandbox's specification.</param>
    /// <returns>The complete command.</returns>
    public static CommandSpecification Complete(CommandSpecification command, SandboxSpecification specification) => command with
    {
        User = command.User ?? specification.User,
        WorkingDirectory = command.WorkingDirectory ?? specification.WorkingDirectory,
        Environment = Merge(specification.Environment, command.Environment),
    };

    /// <summary>Refuses a command with a terminal in a sandbox with Windows in it, which has none to give.</summary>
    /// <param name="command">The command.</param>
    /// <param name="backend">What has no terminals, for the message.</param>
    /// <param name="name">The sandbox's name.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.TerminalNotSupported"/>.</exception>
    public static void ThrowIfTerminal(CommandSpecification command, string backend, string name)
    {
        if (command.Terminal is not null)
        {
            throw new SandboxException(
                SandboxErrorId.TerminalNotSupported,
                $"A sandbox of the backend {backend} gives no command a terminal.",
                $"Run commands one by one: Invoke-InSandbox {name} 'dir' (agentsandbox exec {name} -- cmd /c dir).",
                name);
        }
    }

    /// <summary>Says that a sandbox does not run.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="state">Its state.</param>
    /// <param name="reason">Why, or null.</param>
    /// <returns>The error.</returns>
    public static SandboxException NotRunning(string name, SandboxState state, string? reason) => new(
        SandboxErrorId.SandboxNotRunning,
        $"The sandbox '{name}' is {state}{(reason is null ? "" : ": " + reason)}.",
        $"Start it: Start-AgentSandbox {name} (agentsandbox start {name}).",
        name);

    /// <summary>Adds variables to variables; of two with one name the second holds.</summary>
    /// <param name="first">The variables.</param>
    /// <param name="second">What is added.</param>
    /// <returns>Both.</returns>
    public static IReadOnlyDictionary<string, string> Merge(IReadOnlyDictionary<string, string> first, IReadOnlyDictionary<string, string> second)
    {
        if (first.Count == 0 || second.Count == 0)
        {
            return second.Count == 0 ? first : second;
        }

        var merged = new Dictionary<string, string>(first, StringComparer.Ordinal);
        foreach ((string name, string value) in second)
        {
            merged[name] = value;
        }

        return merged;
    }
}
