using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace AgentSandbox.PowerShell.Completion;

/// <summary>Completes from local state only. A key press must neither wait nor fail, so a state that can't be read offers nothing.</summary>
public abstract class LocalCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string prefix = (wordToComplete ?? "").Trim('\'', '"');
        IEnumerable<string> names;
        try
        {
            names = [.. Names(fakeBoundParameters)];
        }
        catch (Exception e) when (e is SandboxException or IOException or UnauthorizedAccessException or System.Text.Json.JsonException)
        {
            names = [];
        }

        return names
            .Where(name => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            .Order(StringComparer.OrdinalIgnoreCase)
            .Select(name => new CompletionResult(Quote(name), name, CompletionResultType.ParameterValue, name));
    }

    /// <summary>What can be offered.</summary>
    private protected virtual IEnumerable<string> Names() => [];

    /// <summary>What can be offered, given the other parameters on the line.</summary>
    private protected virtual IEnumerable<string> Names(IDictionary bound) => Names();

    /// <summary>A text as it is written on a line: in quotes where PowerShell would read it as something else.</summary>
    internal static string Quote(string name) =>
        name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/' or ':') ? name : $"'{CodeGeneration.EscapeSingleQuotedStringContent(name)}'";
}
