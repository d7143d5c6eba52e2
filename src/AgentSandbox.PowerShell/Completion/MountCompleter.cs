using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace AgentSandbox.PowerShell.Completion;

/// <summary>Completes <c>source[:target][:ro|rw]</c>: the source from this machine's files, then the ways to mount it. Reads folders of this machine and no more.</summary>
public sealed class MountCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        string word = (wordToComplete ?? "").Trim('\'', '"');

        // The colon of a drive ends no source.
        int colon = word.IndexOf(':', word is [_, ':', '/' or '\\', ..] ? 2 : 0);
        return colon < 0 ? CompletionCompleters.CompleteFilename(word) : Endings(word[..colon], word[(colon + 1)..]).Where(text => text.StartsWith(word, StringComparison.OrdinalIgnoreCase)).Select(Result);
    }

    private static IEnumerable<string> Endings(string source, string rest)
    {
        if (!rest.StartsWith('/'))
        {
            return [$"{source}:ro", $"{source}:rw", $"{source}:/mnt", $"{source}:/work"];
        }

        int colon = rest.IndexOf(':');
        string target = colon < 0 ? rest : rest[..colon];
        return [$"{source}:{target}:ro", $"{source}:{target}:rw"];
    }

    private static CompletionResult Result(string text)
    {
        string meaning = text.EndsWith(":rw", StringComparison.Ordinal) ? "the sandbox can write to it" : "read-only";
        return new(LocalCompleter.Quote(text), text, CompletionResultType.ParameterValue, $"{text}: {meaning}");
    }
}
