namespace AgentSandbox;

/// <summary>What a command is in a sandbox with Windows in it: a shell line is one for cmd.exe, a PowerShell script is one for Windows PowerShell.</summary>
internal static class WindowsCommand
{
    /// <summary>Translates a command.</summary>
    /// <param name="command">The command, as the user gave it.</param>
    /// <returns>The command with Windows' programs; any other as it is.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.InvalidSpecification"/>: cmd.exe can't take the line.</exception>
    public static CommandSpecification Of(CommandSpecification command)
    {
        if (command.ShellLine is { } line)
        {
            ThrowIfBroken(line);

            // /d: no AutoRun; /s: the line is all that stands between the first quotation mark and the last. The guest passes it on unchanged.
            return command with { Arguments = ["cmd.exe", "/d", "/s", "/c", line], ShellLine = null };
        }

        return command.IsPowerShell ? command with { Arguments = [PowerShellProgram.Windows, .. command.Arguments.Skip(1)], IsPowerShell = false } : command;
    }

    /// <summary>Refuses a line that cmd.exe would read in part only.</summary>
    /// <param name="line">The line.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.InvalidSpecification"/>.</exception>
    public static void ThrowIfBroken(string line)
    {
        if (line.Contains('\n', StringComparison.Ordinal) || line.Contains('\r', StringComparison.Ordinal))
        {
            throw new SandboxException(SandboxErrorId.InvalidSpecification, "The line has line breaks in it, at the first of which cmd stops reading.", "Join the commands with '&' or '&&', or copy a script into the sandbox and run it.");
        }
    }
}
