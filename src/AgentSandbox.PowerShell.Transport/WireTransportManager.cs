using System.Management.Automation.Internal;
using System.Management.Automation.Remoting;
using System.Management.Automation.Remoting.Client;

namespace AgentSandbox.PowerShell.Transport;

/// <summary>PowerShell's client side of a session over a wire. PowerShell makes one per runspace.</summary>
internal sealed class WireTransportManager : ClientSessionTransportManagerBase
{
    private readonly IRemotingWire _wire;

    public WireTransportManager(IRemotingWire wire, Guid runspaceId, PSRemotingCryptoHelper cryptoHelper)
        : base(runspaceId, cryptoHelper)
    {
        _wire = wire;
    }

    /// <summary>PowerShell opens the runspace: attach both directions, then send the first packet.</summary>
    public override void CreateAsync()
    {
        SetMessageWriter(new WireWriter(_wire));
        _wire.Start(HandleDataReceived, Break);
        SendOneItem();
    }

    /// <summary>The session is closed in order: nobody needs the connection any more.</summary>
    protected override void CleanupConnection() => _wire.Close();

    /// <inheritdoc/>
    protected override void Dispose(bool isDisposing)
    {
        base.Dispose(isDisposing);
        if (isDisposing)
        {
            _wire.Close();
        }
    }

    private void Break(Exception reason) =>
        RaiseErrorHandler(new TransportErrorOccuredEventArgs(new PSRemotingTransportException(reason.Message, reason), TransportMethodEnum.CloseShellOperationEx));
}
