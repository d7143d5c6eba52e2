using System.Management.Automation;
using System.Management.Automation.Remoting;
using System.Management.Automation.Runspaces;

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
    /// <returns>The error as PowerShell's own remoting has it, with the sandbox in OriginInfo.PSComputerName, which also a <c>catch</c> still sees.</returns>
    public static ErrorRecord Mark(ErrorRecord record, string sandbox)
    {
        RemotingErrorRecord marked = new(record, new OriginInfo(sandbox, Guid.Empty));
        PSObject item = PSObject.AsPSObject(marked);
        Set(item, NameProperty, sandbox);
        Set(item, InvocationProperty, record.InvocationInfo);
        item.TypeNames.Insert(0, Views.ScriptBlockErrorView.TypeName);

        // A catch gets a copy of the record, with the same exception.
        PSObject exception = PSObject.AsPSObject(marked.Exception);
        Set(exception, NameProperty, sandbox);
        Set(exception, InvocationProperty, record.InvocationInfo);
        return marked;
    }

    private static void Set(PSObject? item, string name, object? value)
    {
        item?.Properties.Remove(name);
        item?.Properties.Add(new PSNoteProperty(name, value));
    }
}
