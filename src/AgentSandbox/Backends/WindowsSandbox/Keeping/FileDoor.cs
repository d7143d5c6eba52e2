using AgentSandbox.Backends.WindowsSandbox.Instance;
using AgentSandbox.Connection.FileChannel;

namespace AgentSandbox.Backends.WindowsSandbox.Keeping;

/// <summary>The file channel over the mapped folders: it needs no network, so there can be none.</summary>
internal sealed class FileDoor : IGuestDoor
{
    /// <inheritdoc/>
    public async Task<Stream> ConnectAsync(InstancePaths paths, CancellationToken cancellationToken) => await FileChannelHost.ConnectAsync(paths.Down, paths.Up, cancellationToken);
}
