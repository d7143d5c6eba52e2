using System.IO.Pipelines;

namespace AgentSandbox.Tests.Connection;

/// <summary>Two ends of a byte stream in memory, with a bounded buffer in each direction as a socket has.</summary>
internal sealed class InMemoryDuplex : Stream
{
    private readonly Stream _read;
    private readonly Stream _write;

    private InMemoryDuplex(Stream read, Stream write)
    {
        _read = read;
        _write = write;
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public bool IsDisposed { get; private set; }

    public static (InMemoryDuplex Host, InMemoryDuplex Guest) Create()
    {
        var options = new PipeOptions(pauseWriterThreshold: 128 * 1024, resumeWriterThreshold: 64 * 1024, useSynchronizationContext: false);
        var toGuest = new Pipe(options);
        var toHost = new Pipe(options);
        return (
            new InMemoryDuplex(toHost.Reader.AsStream(), toGuest.Writer.AsStream()),
            new InMemoryDuplex(toGuest.Reader.AsStream(), toHost.Writer.AsStream()));
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _read.ReadAsync(buffer, cancellationToken);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _write.WriteAsync(buffer, cancellationToken);
        await _write.FlushAsync(cancellationToken);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush() => throw new NotSupportedException();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        IsDisposed = true;
        _read.Dispose();
        _write.Dispose();
        base.Dispose(disposing);
    }
}
