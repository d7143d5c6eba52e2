using System.Management.Automation;

namespace AgentSandbox.PowerShell.Remoting;

/// <summary>What Write-Host wrote in a sandbox. It comes as plain data, and this process's PowerShell only shows its own type in color.</summary>
internal static class HostMessage
{
    private const string HostTag = "PSHOST";

    /// <summary>Makes a record of Write-Host's again.</summary>
    /// <param name="record">The record.</param>
    /// <returns>One with PowerShell's own type in it, or the record as it is.</returns>
    public static InformationRecord Restore(InformationRecord record)
    {
        if (!record.Tags.Contains(HostTag) || record.MessageData is not PSObject data || data.Properties["Message"]?.Value is not { } text)
        {
            return record;
        }

        HostInformationMessage message = new()
        {
            Message = text.ToString(),
            NoNewLine = Value(data, "NoNewLine") as bool?,
            ForegroundColor = Color(Value(data, "ForegroundColor")),
            BackgroundColor = Color(Value(data, "BackgroundColor")),
        };
        InformationRecord restored = new(message, record.Source) { TimeGenerated = record.TimeGenerated, User = record.User, Computer = record.Computer, ProcessId = record.ProcessId };
        restored.Tags.AddRange(record.Tags);
        return restored;
    }

    private static object? Value(PSObject data, string name) => data.Properties[name]?.Value is PSObject wrapped ? wrapped.BaseObject : data.Properties[name]?.Value;

    private static ConsoleColor? Color(object? value) => value switch
    {
        int number when Enum.IsDefined((ConsoleColor)number) => (ConsoleColor)number,
        string name when Enum.TryParse(name, out ConsoleColor color) && Enum.IsDefined(color) => color,
        _ => null,
    };
}
