using AgentSandbox.Connection.FileChannel;
using AgentSandbox.Protocol;

namespace AgentSandbox.Tests.FileChannel;

/// <summary>The two mapped folders, in a temporary place.</summary>
internal sealed class ChannelFolders : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("agentsandbox-channel-").FullName;

    public ChannelFolders()
    {
        Directory.CreateDirectory(Down);
        Directory.CreateDirectory(Up);
    }

    public string Down => Path.Combine(_root, "down");

    public string Up => Path.Combine(_root, "up");

    /// <summary>A host's and a guest's end of one channel.</summary>
    public async Task<(FileChannelStream Host, FileChannelStream Guest)> ConnectAsync(FileChannelListener? listener = null)
    {
        listener ??= new FileChannelListener(Down, Up, ProtocolLimits.MaxConnections, ChannelClock.System);
        Task<FileChannelStream> host = FileChannelHost.ConnectAsync(Down, Up, CancellationToken.None);
        FileChannelStream guest = await listener.AcceptAsync(CancellationToken.None);
        return (await host, guest);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
