namespace AgentSandbox.Host.CommandLine;

/// <summary>Exit codes of <c>agentsandbox</c> itself, chosen as timeout(1), env(1) and <c>docker run</c> have them.</summary>
internal static class ExitCodes
{
    /// <summary>The isolation is less than what was required: the answer is no, as with grep(1) and diff(1).</summary>
    public const int Insufficient = 1;

    /// <summary>The command ran into its time-out.</summary>
    public const int TimedOut = 124;

    /// <summary>agentsandbox failed, not the command; wrong usage too.</summary>
    public const int Failed = 125;

    /// <summary>The command can't be executed.</summary>
    public const int NotExecutable = 126;

    /// <summary>The command does not exist.</summary>
    public const int NotFound = 127;

    /// <summary>128 + SIGPIPE: who read our output has gone.</summary>
    public const int BrokenPipe = 141;

    /// <summary>128 + n stands for signal n.</summary>
    public const int SignalBase = 128;

    /// <summary>The codes, for the help.</summary>
    public static string Explanation { get; } = $"""
        Exit code of run and exec: the command's own; 124 it timed out; 125 agentsandbox failed (usage errors too);
        126 the command can't be executed; 127 it does not exist; 128+n signal n ended it.
        All other commands: 0, or 125 with what happened and what to do on standard error; test: 1 when what is required does not hold.
        Sandboxes live in {(OperatingSystem.IsWindows() ? @"%LOCALAPPDATA%\AgentSandbox; AGENTSANDBOX_HOME overrides it." : "/var/lib/agentsandbox and /run/agentsandbox; AGENTSANDBOX_HOME overrides both.")}
        """;

    /// <summary>The code for something that went wrong.</summary>
    /// <param name="exception">What went wrong.</param>
    /// <returns>The code.</returns>
    public static int For(Exception exception) => exception switch
    {
        InterruptedException interrupted => SignalBase + interrupted.Signal,
        SandboxException { ErrorId: SandboxErrorId.IsolationInsufficient } => Insufficient,
        SandboxException { ErrorId: SandboxErrorId.CommandTimedOut } => TimedOut,
        SandboxException { ErrorId: SandboxErrorId.CommandNotFound } => NotFound,
        SandboxException { ErrorId: SandboxErrorId.CommandNotExecutable or SandboxErrorId.ArgumentListTooLong } => NotExecutable,
        _ => Failed,
    };
}
