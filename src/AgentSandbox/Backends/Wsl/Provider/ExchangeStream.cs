using AgentSandbox.Connection;

namespace AgentSandbox.Backends.Wsl.Provider;

/// <summary>The bytes of an exchange whose lines have been read: to the guest and from it.</summary>
/// <param name="exchange">The exchange; belongs to this from now on.</param>
internal sealed class ExchangeStream(ProviderExchange exchange) : OneWayStream
{
    private int _isDisposed;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await exchange.Output.ReadAsync(buffer, cancellationToken);
        }
        catch (ObjectDisposedException e)
        {
            throw new IOException("The connection was closed.", e);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await exchange.Input.WriteAsync(buffer, cancellationToken);
            await exchange.Input.FlushAsync(cancellationToken); // On Windows the stream of a process's input has a buffer of its own.
        }
        catch (ObjectDisposedException e)
        {
            throw new IOException("The connection was closed.", e);
        }
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer, offset, count, CancellationToken.None).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => WriteAsync(buffer, offset, count, CancellationToken.None).GetAwaiter().GetResult();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            // The relay sees the end of its input and goes; nobody waits for that, but for a process that does not there is an end.
            _ = Task.Run(async () => await exchange.DisposeAsync());
        }

        base.Dispose(disposing);
    }
}
