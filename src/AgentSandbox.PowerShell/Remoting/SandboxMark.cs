using System.Management.Automation;

namespace AgentSandbox.PowerShell.Remoting;

/// <summary>Marks what comes out of a sandbox with its name, as PowerShell's remoting does with PSComputerName. What the sandbox itself wrote under these names is replaced.</summary>
internal static class SandboxMark
{
    private const string NameProperty = "PSSandboxName";
    private const string InvocationProperty = "PSSandboxInvocation";

    /// <summary>Marks an object.</summary>
    /// <param name="item">The object.</param>
    /// <param name="sandbox">Name of the sandbox.</param>
    public static void Add(PSObject? item, string sandbox) => Set(item, NameProperty, sandbox);

    /// <summary>Marks an error, and keeps where in the block it was: writing it makes its InvocationInfo that of the cmdlet, as everywhere in PowerShell.</summary>
    /// <param name="record">The error.</param>
    /// <param name="sandbox">Name of the sandbox.</param>
    public static void Add(ErrorRecord record, string sandbox)
    {
        PSObject item = PSObject.AsPSObject(record);
        Set(item, NameProperty, sandbox);
        Set(item, InvocationProperty, record.InvocationInfo);
    }

    private static void Set(PSObject? item, string name, object? value)
    {
        item?.Properties.Remove(name);
        item?.Properties.Add(new PSNoteProperty(name, value));
    }
}
