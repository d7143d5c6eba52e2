using System.Management.Automation;
using System.Management.Automation.Internal;
using System.Management.Automation.Remoting.Client;
using System.Management.Automation.Runspaces;

namespace AgentSandbox.PowerShell.Transport;

/// <summary>Tells PowerShell how a runspace is reached: over one wire, which can be opened once.</summary>
internal sealed class WireConnectionInfo : RunspaceConnectionInfo
{
    private readonly IRemotingWire _wire;

    public WireConnectionInfo(IRemotingWire wire)
    {
        _wire = wire;
    }

    /// <inheritdoc/>
    public override string ComputerName
    {
        get => _wire.Name;
        set => throw new NotSupportedException("The sandbox has its name already.");
    }

    /// <summary>None: who may reach a sandbox is decided elsewhere.</summary>
    public override PSCredential? Credential
    {
        get => null;
        set => throw new NotSupportedException("A sandbox asks for no credential.");
    }

    /// <inheritdoc/>
    public override AuthenticationMechanism AuthenticationMechanism
    {
        get => AuthenticationMechanism.Default;
        set => throw new NotSupportedException("A sandbox asks for no credential.");
    }

    /// <inheritdoc/>
    public override string CertificateThumbprint
    {
        get => "";
        set => throw new NotSupportedException("A sandbox has no certificate.");
    }

    /// <inheritdoc/>
    public override RunspaceConnectionInfo Clone() => new WireConnectionInfo(_wire);

    /// <inheritdoc/>
    public override BaseClientSessionTransportManager CreateClientSessionTransportManager(Guid instanceId, string sessionName, PSRemotingCryptoHelper cryptoHelper) =>
        new WireTransportManager(_wire, instanceId, cryptoHelper);
}
