using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;
using AgentSandbox.PowerShell.Errors;

namespace AgentSandbox.PowerShell.Completion;

/// <summary>Offers the ids of errors, each with its remedy beside it.</summary>
public sealed class ErrorIdCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string prefix = (wordToComplete ?? "").Trim('\'', '"');
        return ErrorGuide.Entries.Values
            .Where(entry => entry.ErrorId.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            .OrderBy(entry => entry.ErrorId, StringComparer.Ordinal)
            .Select(entry => new CompletionResult(entry.ErrorId, entry.ErrorId, CompletionResultType.ParameterValue, $"{entry.Meaning} {entry.Remedy}".Trim()));
    }
}
