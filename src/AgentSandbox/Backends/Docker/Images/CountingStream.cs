using AgentSandbox.Connection;

namespace AgentSandbox.Backends.Docker.Images;

/// <summary>Counts what is read through it.</summary>
/// <param name="inner">What is read; stays the caller's.</param>
/// <param name="report">Told the number of bytes so far, each time.</param>
internal sealed class CountingStream(Stream inner, Action<long> report) : OneWayStream
{
    private long _count;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => Count(await inner.ReadAsync(buffer, cancellationToken));

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Count(inner.Read(buffer, offset, count));

    private int Count(int read)
    {
        _count += read;
        report(_count);
        return read;
    }
}
