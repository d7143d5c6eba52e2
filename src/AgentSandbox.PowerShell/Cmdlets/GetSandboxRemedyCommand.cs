using System.Collections;
using System.Management.Automation;
using AgentSandbox.PowerShell.Completion;
using AgentSandbox.PowerShell.Errors;
using AgentSandbox.PowerShell.Parameters;
using AgentSandbox.PowerShell.Pump;
using AgentSandbox.PowerShell.Views;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Says what an error of this module means and which commands help. Asks no sandbox and no engine.</summary>
[Cmdlet(VerbsCommon.Get, "SandboxRemedy", DefaultParameterSetName = "ErrorId")]
[OutputType(typeof(SandboxRemedy))]
public sealed class GetSandboxRemedyCommand : SandboxCmdlet
{
    /// <summary>Ids of errors, wildcards allowed; the last error of this module when there are none.</summary>
    [Parameter(Position = 0, ParameterSetName = "ErrorId")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ErrorIdCompleter))]
    public string[] ErrorId { get; set; } = [];

    /// <summary>Errors that happened.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "ErrorRecord", ValueFromPipeline = true)]
    [ValidateNotNull]
    public ErrorRecord? ErrorRecord { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ErrorRecord is not null)
        {
            Write(ErrorRecord);
        }
        else if (ErrorId.Length > 0)
        {
            WriteGuide();
        }
        else if ((GetVariableValue("global:Error") as IList)?.OfType<ErrorRecord>().FirstOrDefault(IsOurs) is { } last)
        {
            Write(last);
        }
    }

    private static string IdOf(ErrorRecord record) => record.FullyQualifiedErrorId.Split(',')[0];

    private static bool IsOurs(ErrorRecord record) => record.Exception is SandboxException || (record.FullyQualifiedErrorId.Contains(",AgentSandbox.", StringComparison.Ordinal) && ErrorGuide.Entries.ContainsKey(IdOf(record)));

    private void Write(ErrorRecord record)
    {
        if (!IsOurs(record))
        {
            WriteSandboxError(new SandboxException(CmdletErrorId.ErrorNotOurs, $"'{TerminalText.Line(IdOf(record))}' is no error of this module.", "Get-Error says what is known about it.", record), record);
            return;
        }

        // An error of several problems has what helps with each.
        var exception = record.Exception as SandboxException;
        string id = IdOf(record);
        string[] commands = exception is null ? [] : [.. exception.Problems.SelectMany(problem => new SandboxException(problem.ErrorId, problem.Message, problem.RecommendedAction).RecommendedCommands).Concat(exception.RecommendedCommands).Distinct()];
        ErrorGuideEntry? entry = ErrorGuide.Entries.GetValueOrDefault(id);
        string action = record.ErrorDetails?.RecommendedAction is { Length: > 0 } said ? said : entry?.Remedy ?? "";
        WriteObject(new SandboxRemedy(id, entry?.Meaning ?? "", TerminalText.Lines(record.ErrorDetails?.Message ?? record.Exception.Message), TerminalText.Lines(action), commands));
    }

    private void WriteGuide()
    {
        IEnumerable<ErrorGuideEntry> chosen = Wildcards.Pick([.. ErrorGuide.Entries.Values], entry => entry.ErrorId, ErrorId, Missing);
        foreach (ErrorGuideEntry entry in chosen)
        {
            WriteObject(new SandboxRemedy(entry.ErrorId, entry.Meaning, "", entry.Remedy, new SandboxException(entry.ErrorId, entry.Meaning, entry.Remedy).RecommendedCommands));
        }
    }

    private void Missing(string id) =>
        WriteSandboxError(new SandboxException(CmdletErrorId.ErrorNotOurs, $"'{TerminalText.Line(id)}' is no error of this module.", "Get-SandboxRemedy * lists all there are.", id), id);
}
