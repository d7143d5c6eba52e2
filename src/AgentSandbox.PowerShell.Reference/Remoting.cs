// Signatures only, of PowerShell 7.3 and later; every body is empty because no body of this assembly is ever run.
using System.Management.Automation.Internal;
using System.Management.Automation.Remoting.Client;

namespace System.Management.Automation
{
    public abstract class PSCmdlet
    {
        private protected PSCmdlet()
        {
        }
    }

    public sealed class PSCredential
    {
        private PSCredential()
        {
        }
    }
}

namespace System.Management.Automation.Internal
{
    public abstract class PSRemotingCryptoHelper
    {
        private protected PSRemotingCryptoHelper()
        {
        }
    }
}

namespace System.Management.Automation.Runspaces
{
    public enum AuthenticationMechanism
    {
        Default = 0,
    }

    public abstract class Runspace
    {
        private protected Runspace()
        {
        }
    }

    public sealed class PSSession
    {
        private PSSession()
        {
        }

        public static PSSession Create(Runspace runspace, string transportName, PSCmdlet psCmdlet) => throw null!;
    }

    public abstract class RunspaceConnectionInfo
    {
        public abstract string ComputerName { get; set; }

        public abstract PSCredential? Credential { get; set; }

        public abstract AuthenticationMechanism AuthenticationMechanism { get; set; }

        public abstract string CertificateThumbprint { get; set; }

        public virtual BaseClientSessionTransportManager CreateClientSessionTransportManager(Guid instanceId, string sessionName, PSRemotingCryptoHelper cryptoHelper) => throw null!;

        public virtual RunspaceConnectionInfo Clone() => throw null!;
    }
}

namespace System.Management.Automation.Remoting
{
    public class PSRemotingTransportException : Exception
    {
        public PSRemotingTransportException(string message, Exception innerException) => throw null!;
    }

    public enum TransportMethodEnum
    {
        CreateShellEx = 0,
        ReceiveShellOutputEx = 3,
        CloseShellOperationEx = 4,
    }

    public sealed class TransportErrorOccuredEventArgs : EventArgs
    {
        public TransportErrorOccuredEventArgs(PSRemotingTransportException e, TransportMethodEnum m) => throw null!;
    }

    public abstract class BaseTransportManager : IDisposable
    {
        private protected BaseTransportManager()
        {
        }

        public virtual void RaiseErrorHandler(TransportErrorOccuredEventArgs eventArgs) => throw null!;

        public void Dispose() => throw null!;

        protected virtual void Dispose(bool isDisposing) => throw null!;
    }
}

namespace System.Management.Automation.Remoting.Client
{
    public abstract class BaseClientTransportManager : BaseTransportManager
    {
        private protected BaseClientTransportManager()
        {
        }

        public abstract void CreateAsync();

        public virtual void CloseAsync() => throw null!;

        protected override void Dispose(bool isDisposing) => throw null!;
    }

    public abstract class BaseClientSessionTransportManager : BaseClientTransportManager
    {
        private protected BaseClientSessionTransportManager()
        {
        }
    }

    public abstract class ClientSessionTransportManagerBase : BaseClientSessionTransportManager
    {
        protected ClientSessionTransportManagerBase(Guid runspaceId, PSRemotingCryptoHelper cryptoHelper) => throw null!;

        public override void CloseAsync() => throw null!;

        protected abstract void CleanupConnection();

        protected void SendOneItem() => throw null!;

        protected void HandleDataReceived(string data) => throw null!;

        protected void SetMessageWriter(TextWriter textWriter) => throw null!;

        protected override void Dispose(bool isDisposing) => throw null!;
    }
}
