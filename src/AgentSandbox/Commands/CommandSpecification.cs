namespace AgentSandbox;

/// <summary>A command to run in a sandbox.</summary>
public sealed record CommandSpecification
{
    /// <summary>Program and arguments, passed on as they are, with no shell in between.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>The arguments are those of a verb of the guest program itself (copying, probing).</summary>
    internal bool Self { get; init; }

    /// <summary>Variables added to those of the sandbox.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Folder in the sandbox to start in; null is the sandbox's own default.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>User inside the sandbox; null is the sandbox's own default.</summary>
    public string? User { get; init; }

    /// <summary>Standard input will be written; without it the command reads end-of-file at once.</summary>
    public bool StandardInput { get; init; }

    /// <summary>
    /// Give the command a terminal of this size in place of its three streams; null for none. All that it writes is then
    /// <see cref="SandboxCommand.StandardOutput"/>, and ending its input types Ctrl+D. Needs <see cref="StandardInput"/>.
    /// </summary>
    public TerminalSize? Terminal { get; init; }

    /// <summary>Run the user's login shell in the place of the program; with a terminal only.</summary>
    internal bool IsLoginShell { get; init; }

    /// <summary>The command, and everything that it started, is ended after this long; null is never. The deadline is kept by the host.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The shell line that this command is; null when it is a program. A sandbox whose shell is not <c>/bin/sh</c> takes it instead of <see cref="Arguments"/>.</summary>
    internal string? ShellLine { get; init; }

    /// <summary>The command runs a PowerShell script: a Windows sandbox has Windows PowerShell for it, not <c>pwsh</c>.</summary>
    internal bool IsPowerShell { get; init; }

    /// <summary>A shell line, run as <c>/bin/sh -c</c>, in a Windows sandbox as <c>cmd /S /C</c>.</summary>
    /// <param name="line">The line.</param>
    /// <returns>The command.</returns>
    public static CommandSpecification Shell(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        return new() { Arguments = ["/bin/sh", "-c", line], ShellLine = line };
    }

    /// <summary>
    /// The user's login shell on a terminal, as the sandbox's own passwd(5) names it, else <c>/bin/bash</c>, else <c>/bin/sh</c>. One that lets nobody in
    /// (<c>nologin</c>, <c>false</c>) counts as none. It is started as an interactive shell, not as one that reads /etc/profile.
    /// </summary>
    /// <param name="size">The terminal's size.</param>
    /// <param name="arguments">Arguments of the shell.</param>
    /// <returns>The command.</returns>
    public static CommandSpecification LoginShell(TerminalSize size, params string[] arguments) =>
        new() { Arguments = ["/bin/sh", .. arguments], IsLoginShell = true, Terminal = size, StandardInput = true };

    /// <summary>
    /// A PowerShell script, run by <c>pwsh</c>, in a Windows sandbox by its Windows PowerShell (<c>powershell.exe</c>). It writes text; standard input is its <c>$input</c>.
    /// </summary>
    /// <param name="script">The script's text.</param>
    /// <returns>The command.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ArgumentListTooLong"/>: the script does not fit on a command line.</exception>
    public static CommandSpecification PowerShell(string script)
    {
        ArgumentNullException.ThrowIfNull(script);
        return new() { Arguments = [PowerShellProgram.Linux, .. PowerShellProgram.Arguments(script)], IsPowerShell = true };
    }
}
