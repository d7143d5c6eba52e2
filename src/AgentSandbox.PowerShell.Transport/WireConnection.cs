using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace AgentSandbox.PowerShell.Transport;

/// <summary>Makes what PowerShell opens a runspace with.</summary>
public static class WireConnection
{
    /// <summary>Makes a <c>RunspaceConnectionInfo</c>. It is typed as an object, because assemblies that use it are compiled against an older reference of the same assembly and cast it to that one's type.</summary>
    /// <param name="wire">The wire, which can be opened once.</param>
    /// <returns>The connection.</returns>
    public static object Create(IRemotingWire wire) => new WireConnectionInfo(wire);

    /// <summary>Makes a <c>PSSession</c> of a runspace that was opened over a wire, and adds it to those that Get-PSSession lists.</summary>
    /// <param name="runspace">A <c>Runspace</c>.</param>
    /// <param name="cmdlet">The <c>PSCmdlet</c> that makes it.</param>
    /// <returns>The session.</returns>
    public static object CreateSession(object runspace, object cmdlet) => PSSession.Create((Runspace)runspace, "AgentSandbox", (PSCmdlet)cmdlet);
}
