using System.Text;
using AgentSandbox.Protocol;

namespace AgentSandbox.WindowsGuest.Serve.Spawn;

/// <summary>
/// Makes a command line of arguments, since a process on Windows gets one text. The inverse of CommandLineToArgvW, which the C runtime and .NET
/// agree with. Pure.
/// </summary>
internal static class CommandLine
{
    /// <summary>Most characters that CreateProcess takes, without the NUL.</summary>
    public const int MaxLength = 32766;

    /// <summary>A program's command line.</summary>
    /// <param name="program">Its path, which has no quote in it: no path on Windows has.</param>
    /// <param name="arguments">What follows.</param>
    /// <returns>The text.</returns>
    public static string Of(string program, IEnumerable<string> arguments)
    {
        // The first word has rules of its own: a quote ends it, and a backslash is only ever itself.
        StringBuilder text = new StringBuilder().Append('"').Append(program).Append('"');
        foreach (string argument in arguments)
        {
            text.Append(' ');
            Append(text, argument);
        }

        return text.ToString();
    }

    /// <summary>A batch file's command line: for cmd.exe, which reads the text by other rules.</summary>
    /// <param name="interpreter">The path of cmd.exe.</param>
    /// <param name="script">The path of the batch file.</param>
    /// <param name="arguments">What follows.</param>
    /// <returns>The text.</returns>
    /// <exception cref="CommandRefusedException">
    /// An argument has what can't be passed through cmd.exe unchanged: a quote, a percent sign or a line break. With it a part of an argument could
    /// become a command of its own (CVE-2024-24576), and no quoting is right for every batch file.
    /// </exception>
    public static string OfBatch(string interpreter, string script, IEnumerable<string> arguments)
    {
        // /d: no AutoRun; /v:off: '!' is itself; /s: of the text after /c only the first and the last quote are taken away.
        StringBuilder text = new StringBuilder().Append('"').Append(interpreter).Append("\" /d /e:on /v:off /s /c \"\"").Append(Checked(script)).Append('"');
        foreach (string argument in arguments)
        {
            // Always in quotes, so that & | < > ^ ( ) are themselves; backslashes before the closing quote as programs that get %* want them.
            text.Append(" \"").Append(Checked(argument)).Append('\\', TrailingBackslashes(argument)).Append('"');
        }

        return text.Append('"').ToString();
    }

    /// <summary>
    /// The command line of cmd.exe itself. It takes what follows <c>/c</c> as it stands, with rules of its own for quotes: escaped as for other programs,
    /// each quote in it would have a backslash before it that cmd.exe does not understand.
    /// </summary>
    /// <param name="interpreter">The path of cmd.exe.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>The text; null when they are not switches, <c>/c</c> or <c>/k</c>, and one line.</returns>
    public static string? OfShellLine(string interpreter, IReadOnlyList<string> arguments)
    {
        int last = arguments.Count - 1;
        if (last < 1 || !IsSwitch(arguments[last - 1], "c", "k") || !arguments.Take(last - 1).All(static a => a.Length > 1 && a[0] == '/' && a.IndexOfAny([' ', '\t', '"']) < 0))
        {
            return null;
        }

        string switches = string.Concat(arguments.Take(last - 1).Where(static a => !IsSwitch(a, "s")).Select(static a => a + " "));
        return $"\"{interpreter}\" {switches}/s {arguments[last - 1]} \"{arguments[last]}\"";
    }

    private static bool IsSwitch(string argument, params string[] names) => argument.Length == 2 && argument[0] == '/' && names.Contains(argument.Substring(1), StringComparer.OrdinalIgnoreCase);

    private static void Append(StringBuilder text, string argument)
    {
        if (argument.Length > 0 && argument.IndexOfAny([' ', '\t', '\n', '\v', '"']) < 0)
        {
            text.Append(argument);
            return;
        }

        text.Append('"');
        int backslashes = 0;
        foreach (char c in argument)
        {
            if (c == '"')
            {
                text.Append('\\', backslashes + 1); // Those before a quote are doubled, and one is for the quote.
            }

            backslashes = c == '\\' ? backslashes + 1 : 0;
            text.Append(c);
        }

        text.Append('\\', backslashes).Append('"');
    }

    private static string Checked(string argument) => argument.IndexOfAny(['"', '%', '\r', '\n']) < 0
        ? argument
        : throw new CommandRefusedException(
            FailKind.NotExecutable,
            "batch",
            "An argument of a batch file can't have a quote, a percent sign or a line break in it: cmd.exe would read it in another way. Pass it in an environment variable, a file or standard input.");

    private static int TrailingBackslashes(string argument)
    {
        int count = 0;
        while (count < argument.Length && argument[argument.Length - 1 - count] == '\\')
        {
            count++;
        }

        return count;
    }
}
