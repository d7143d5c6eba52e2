namespace AgentSandbox.PowerShell.Invocation;

/// <summary>What one call of Invoke-InSandbox does in each sandbox.</summary>
internal sealed record InvocationPlan
{
    /// <summary>The command; of a script, the arguments only.</summary>
    public required CommandSpecification Command { get; init; }

    /// <summary>The script block to run by remoting, else null.</summary>
    public Remoting.BlockPlan? Block { get; init; }

    /// <summary>Makes the command of a script block that is run as a program, for the sandbox's kind of PowerShell; null when there is no block. Fails on a block that can't be run so.</summary>
    public Func<Sandbox, CommandSpecification>? BlockCommand { get; init; }

    /// <summary>The script to bring in and run, else null.</summary>
    public ScriptSource? Script { get; init; }

    /// <summary>One object at the end instead of streams.</summary>
    public bool AsResult { get; init; }

    /// <summary>Standard output as bytes instead of lines.</summary>
    public bool AsBytes { get; init; }

    /// <summary>What throw-away sandboxes are made from; null to run in sandboxes that exist.</summary>
    public SandboxSpecification? ThrowAway { get; init; }

    /// <summary>A non-zero exit code is an error, as <c>$PSNativeCommandUseErrorActionPreference</c> says for native commands.</summary>
    public bool ExitCodeIsError { get; init; }
}
