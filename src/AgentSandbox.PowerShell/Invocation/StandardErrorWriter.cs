using System.Management.Automation;
using System.Management.Automation.Runspaces;
using AgentSandbox.PowerShell.Errors;

namespace AgentSandbox.PowerShell.Invocation;

/// <summary>
/// Writes a command's standard error as PowerShell writes that of a native command: to the error stream, but a script's
/// <c>$ErrorActionPreference = 'Stop'</c> does not end it, since programs write progress and warnings there too. What the caller
/// says with <c>-ErrorAction</c> counts.
/// </summary>
internal static class StandardErrorWriter
{
    // A cmdlet can't write an error under another preference than its own, so one is called that can be told which.
    private const string Script =
        "param($Records, $Action) foreach ($Record in $Records) { Microsoft.PowerShell.Utility\\Write-Error -ErrorRecord $Record -ErrorAction $Action }";

    /// <summary>Writes lines.</summary>
    /// <param name="cmdlet">Whose error stream.</param>
    /// <param name="lines">The lines.</param>
    /// <param name="sandboxName">Target of the records.</param>
    public static void Write(PSCmdlet cmdlet, IReadOnlyList<string> lines, string sandboxName)
    {
        ErrorRecord[] records = [.. lines.Select(line => ErrorRecords.FromStandardError(line, sandboxName))];
        cmdlet.InvokeCommand.InvokeScript(Script, useNewScope: true, PipelineResultTypes.Output | PipelineResultTypes.Error, input: null, records, Action(cmdlet));
    }

    private static object Action(PSCmdlet cmdlet)
    {
        if (cmdlet.MyInvocation.BoundParameters.TryGetValue("ErrorAction", out object? asked) && asked is not null)
        {
            return asked;
        }

        object? preference = cmdlet.GetVariableValue("ErrorActionPreference");
        return LanguagePrimitives.TryConvertTo(preference, out ActionPreference action) && action is ActionPreference.SilentlyContinue or ActionPreference.Ignore
            ? action
            : ActionPreference.Continue;
    }
}
