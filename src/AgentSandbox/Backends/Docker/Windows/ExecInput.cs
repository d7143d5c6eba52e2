using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Connection;

namespace AgentSandbox.Backends.Docker.Windows;

/// <summary>Standard input of an exec. The engine reads no faster than the command does. Disposing it is the end of the input.</summary>
/// <param name="streams">The exec's streams.</param>
internal sealed class ExecInput(MultiplexedStream streams) : OneWayStream
{
    private volatile bool _hasEnded;

    /// <inheritdoc/>
    public override bool CanWrite => !_hasEnded;

    /// <summary>The command has ended: nobody reads any more.</summary>
    public void Break() => _hasEnded = true;

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_hasEnded)
        {
            throw NobodyReads(null);
        }

        try
        {
            await streams.WriteAsync(buffer, cancellationToken);
        }
        catch (Exception e) when (e is SandboxException or InvalidOperationException)
        {
            // The engine closes the connection when the command ends, which may be a moment before that is known. If it was the engine
            // that went, the command's completion says so.
            throw NobodyReads(e);
        }
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => WriteAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await streams.CloseWriteAsync(CancellationToken.None);
        await base.DisposeAsync();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            streams.CloseWriteAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
        }

        base.Dispose(disposing);
    }

    private static IOException NobodyReads(Exception? cause) => new("The command has ended, or its input was ended.", cause);
}
