namespace AgentSandbox.PowerShell.Invocation;

/// <summary>What <c>Invoke-InSandbox -AsResult</c> writes: how a command ended, where, and what it wrote.</summary>
public sealed class SandboxCommandResult
{
    internal SandboxCommandResult(string sandbox, CommandResult result, bool asBytes)
    {
        Sandbox = sandbox;
        ExitCode = result.ExitCode;
        Signal = result.Signal;
        StandardOutput = asBytes ? result.StandardOutputBytes : result.StandardOutput;
        StandardError = result.StandardError;
        Duration = result.Duration;
        TimedOut = result.TimedOut;
        Truncated = result.Truncated;
    }

    /// <summary>Name of the sandbox.</summary>
    public string Sandbox { get; }

    /// <summary>Exit code; 128+n when signal n ended it, 124 when it ran into its time-out.</summary>
    public int ExitCode { get; }

    /// <summary>Number of the signal that ended it; null when it exited by itself.</summary>
    public int? Signal { get; }

    /// <summary>Standard output: text, or bytes with -AsByteStream.</summary>
    public object StandardOutput { get; }

    /// <summary>Standard error.</summary>
    public string StandardError { get; }

    /// <summary>Time from the request to the end.</summary>
    public TimeSpan Duration { get; }

    /// <summary>It ran into its time-out and was ended.</summary>
    public bool TimedOut { get; }

    /// <summary>Output is missing: more came than is kept, or a process left behind kept writing.</summary>
    public bool Truncated { get; }
}
