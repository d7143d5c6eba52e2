using AgentSandbox.Backends.Docker.Containers;
using AgentSandbox.Backends.Docker.Engine.Model;

namespace AgentSandbox.Backends.Docker.Windows;

/// <summary>Turns a command into the body of <c>POST /containers/{id}/exec</c>.</summary>
internal static class WindowsExec
{
    /// <summary>Carries a line with quotation marks past the engine, which would write <c>\"</c> for them: cmd does not understand that.</summary>
    public const string LineVariable = "AGENTSANDBOX_LINE";

    /// <summary>Makes the body.</summary>
    /// <param name="record">The sandbox.</param>
    /// <param name="command">The command, as the user gave it.</param>
    /// <returns>The body.</returns>
    public static ExecCreate Request(ContainerRecord record, CommandSpecification command)
    {
        (IReadOnlyList<string> arguments, string? line) = command.ShellLine is { } shell ? Shell(shell) : (WindowsCommand.Of(command).Arguments, null);
        List<string> variables = [.. command.Environment.Select(v => $"{v.Key}={v.Value}")];
        if (line is not null)
        {
            variables.Add($"{LineVariable}={line}");
        }

        return new ExecCreate
        {
            Cmd = arguments,
            User = command.User is { } user ? HyperVRules.CheckUser(user) : record.User,
            Env = variables.Count > 0 ? variables : null,
            WorkingDir = command.WorkingDirectory ?? record.WorkingDirectory,
            AttachStdin = true, // Without one, a program would have none at all; this way it reads the end of an empty one.
        };
    }

    /// <summary>
    /// A line for cmd. The engine joins arguments by CommandLineToArgvW's rules and cmd has others: what has no quotation mark comes through, as
    /// <c>/S</c> takes away the pair that the engine puts around it. What has one goes by a variable, which cmd puts in before it looks at anything.
    /// </summary>
    private static (IReadOnlyList<string> Arguments, string? Line) Shell(string line)
    {
        WindowsCommand.ThrowIfBroken(line);
        if (!line.Contains('"', StringComparison.Ordinal))
        {
            // A backslash at the end would be doubled before the closing quotation mark; a space behind it changes nothing.
            return ([WindowsPrograms.Shell, "/D", "/S", "/C", line.EndsWith('\\') ? line + " " : line], null);
        }

        // What a variable holds is not looked through for variables again.
        if (line.Count(c => c == '%') > 1)
        {
            throw new SandboxException(SandboxErrorId.InvalidSpecification, "A line with both quotation marks and %variables% can't be handed to cmd unchanged.", "Use -Command with -ArgumentList, leave out one of the two, or copy a script into the sandbox and run it.");
        }

        return ([WindowsPrograms.Shell, "/D", "/S", "/C", $"%{LineVariable}%"], line);
    }
}
