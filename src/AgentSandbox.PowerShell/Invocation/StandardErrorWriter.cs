using System.Management.Automation;
using AgentSandbox.PowerShell.Errors;

namespace AgentSandbox.PowerShell.Invocation;

/// <summary>
/// Writes a command's standard error as PowerShell writes that of a native command: to the error stream, but neither does a script's
/// <c>$ErrorActionPreference = 'Stop'</c> end it, since programs write progress and warnings there too, nor does it change <c>$?</c>.
/// What the caller says with <c>-ErrorAction</c> counts.
/// </summary>
/// <param name="cmdlet">Whose error stream.</param>
internal sealed class StandardErrorWriter(PSCmdlet cmdlet) : IStandardErrorWriter
{
    private const string Preference = "ErrorActionPreference";
    private bool _prepared;
    private bool _tolerant;

    /// <summary>Writes lines of standard error.</summary>
    /// <param name="lines">The lines.</param>
    /// <param name="sandboxName">Target of the records.</param>
    public void Write(IReadOnlyList<string> lines, string sandboxName)
    {
        Prepare();
        bool failed = cmdlet.InvokeCommand.HasErrors;
        foreach (string line in lines)
        {
            cmdlet.WriteError(ErrorRecords.FromStandardError(line, sandboxName));
        }

        cmdlet.InvokeCommand.HasErrors = failed;
    }

    /// <summary>Writes an error of our own, which the script's preference does concern.</summary>
    public void WriteOwn(ErrorRecord record)
    {
        if (_tolerant)
        {
            cmdlet.ThrowTerminatingError(record);
        }

        cmdlet.WriteError(record);
    }

    /// <summary>
    /// A cmdlet reads the preference variable once, at its first WriteError, and keeps what it read. WriteError(null) reads it and
    /// refuses then; doing that while the variable says Continue makes standard error tolerated and shows the changed variable to nobody.
    /// Where this does not work, the first line ends the command: too strict, never too lax.
    /// </summary>
    private void Prepare()
    {
        if (_prepared)
        {
            return;
        }

        _prepared = true;
        if (cmdlet.MyInvocation.BoundParameters.ContainsKey("ErrorAction")
            || cmdlet.SessionState.PSVariable.Get(Preference) is not { } variable
            || !LanguagePrimitives.TryConvertTo(variable.Value, out ActionPreference before)
            || before != ActionPreference.Stop)
        {
            return;
        }

        try
        {
            variable.Value = ActionPreference.Continue;
        }
        catch (SessionStateUnauthorizedAccessException)
        {
            return; // Somebody made it a constant, so it counts.
        }

        try
        {
            cmdlet.WriteError(null!);
        }
        catch (ArgumentNullException)
        {
            _tolerant = true;
        }
        finally
        {
            variable.Value = before;
        }
    }
}
