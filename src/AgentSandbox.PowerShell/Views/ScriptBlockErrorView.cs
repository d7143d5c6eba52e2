using System.Management.Automation;
using System.Text;
using AgentSandbox.PowerShell.Remoting.Wire;

namespace AgentSandbox.PowerShell.Views;

/// <summary>
/// The text of an error that a script block wrote in a sandbox, as PowerShell's own error views have it, but with the place in the block: of the cmdlet's own place everybody knows that it is there.
/// AgentSandbox.Format.ps1xml calls this. What came from the sandbox may choose colors, and nothing else of a terminal.
/// </summary>
public static class ScriptBlockErrorView
{
    /// <summary>Name of the type that the view is for.</summary>
    internal const string TypeName = "AgentSandbox.ScriptBlockError";

    private const int LongestLine = 500;
    private const int LineNumberWidth = 4;

    /// <summary>Makes the text.</summary>
    /// <param name="record">The error.</param>
    /// <param name="view">$ErrorView: CategoryView, NormalView, or anything else for ConciseView.</param>
    /// <param name="error">Sequence that begins the color of errors; empty for none.</param>
    /// <param name="accent">Sequence that begins the color of line numbers.</param>
    /// <param name="reset">Sequence that ends a color.</param>
    /// <returns>The text, of one line or several.</returns>
    public static string Format(PSObject record, string? view, string error, string accent, string reset)
    {
        ArgumentNullException.ThrowIfNull(record);
        var of = (ErrorRecord)record.BaseObject;
        string sandbox = record.Properties["PSSandboxName"]?.Value as string ?? "";
        var place = record.Properties["PSSandboxInvocation"]?.Value as InvocationInfo;
        string message = HostText.Clean(of.ErrorDetails?.Message is { Length: > 0 } details ? details : of.Exception.Message);
        if (of.FullyQualifiedErrorId is "NativeCommandError" or "NativeCommandErrorMessage")
        {
            return $"{error}{message}{reset}"; // A line that a program wrote on standard error; PowerShell shows it bare, too.
        }

        string text = view?.ToUpperInvariant() switch
        {
            "CATEGORYVIEW" => HostText.Clean(of.CategoryInfo.GetMessage()),
            "NORMALVIEW" => Normal(of, place, $"{Reason(of)}: {sandbox}: {message}"),
            _ => $"{Reason(of)}: {sandbox}{Concise(place, message, error, accent, reset)}",
        };
        return $"{error}{text}{reset}";
    }

    /// <summary>As PowerShell: the command that failed, or that it was thrown.</summary>
    private static string Reason(ErrorRecord record) =>
        HostText.Clean(record.CategoryInfo.Activity is { Length: > 0 } activity ? activity : record.CategoryInfo.Reason is { Length: > 0 } reason ? reason : "Error");

    private static string Normal(ErrorRecord record, InvocationInfo? place, string first)
    {
        StringBuilder text = new(first);
        if (place?.PositionMessage is { Length: > 0 } position)
        {
            text.Append('\n').Append(HostText.Clean(position));
        }

        return text.Append("\n    + CategoryInfo          : ").Append(HostText.Clean(record.CategoryInfo.ToString()))
            .Append("\n    + FullyQualifiedErrorId : ").Append(HostText.Clean(record.FullyQualifiedErrorId)).ToString();
    }

    /// <summary>As PowerShell, which shows the line only of a script of several.</summary>
    private static string Concise(InvocationInfo? place, string message, string error, string accent, string reset)
    {
        string[] position = place is { ScriptLineNumber: > 1 } ? HostText.Clean(place.PositionMessage ?? "").Split('\n') : [];
        if (position.Length < 3)
        {
            return $": {message}";
        }

        string number = place!.ScriptLineNumber.ToString(System.Globalization.CultureInfo.InvariantCulture).PadLeft(LineNumberWidth);
        string bar = new string(' ', number.Length) + " | ";
        string marks = Shown(position[^1]);
        string shownMessage = message.TrimEnd().ReplaceLineEndings("\n").Replace("\n", $"\n{accent}{bar}{error}", StringComparison.Ordinal);
        return $", in the script block\n{accent}{"Line".PadLeft(number.Length)} |\n{number} | {reset}{Shown(position[1])}\n{accent}{bar}{error}{marks}\n{accent}{bar}{error}{shownMessage}";
    }

    /// <summary>A line of PositionMessage begins with a plus.</summary>
    private static string Shown(string line)
    {
        string text = line.TrimEnd('\r');
        text = text.StartsWith("+ ", StringComparison.Ordinal) ? text[2..] : text;
        return text.Length <= LongestLine ? text : text[..LongestLine] + "…";
    }
}
