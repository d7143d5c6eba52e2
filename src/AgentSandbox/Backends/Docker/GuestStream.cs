using System.Text;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Connection;

namespace AgentSandbox.Backends.Docker;

/// <summary>
/// The guest's frames over the standard streams of a container's or exec's process. What it writes on standard error, and what the engine says
/// there, is no frame: its end is kept for the error message.
/// </summary>
/// <param name="streams">The streams; they belong to this from now on.</param>
/// <param name="explain">Makes an error of what an engine writes to standard output instead of starting the program.</param>
internal sealed class GuestStream(MultiplexedStream streams, Func<string, SandboxException>? explain = null) : OneWayStream
{
    private const int MaxErrorText = 2000;
    private readonly StringBuilder _errors = new();
    private bool _hasBegun;

    /// <summary>The end of what came on standard error, as one safe line; empty when nothing did.</summary>
    public string ErrorText
    {
        get
        {
            lock (_errors)
            {
                return GuestText.Clean(_errors.ToString());
            }
        }
    }

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            StandardStream kind;
            int count;
            try
            {
                (kind, count) = await streams.ReadAsync(buffer, cancellationToken);
            }
            catch (DockerEngineException e)
            {
                throw new IOException($"The engine broke the stream: {e.Message}", e);
            }

            bool isText = kind != StandardStream.Output;
            if (kind == StandardStream.Output && count > 0 && !_hasBegun)
            {
                // No frame is as long as one whose first byte is not zero: this is an engine's own text.
                isText = explain is not null && buffer.Span[0] != 0;
                _hasBegun = !isText;
            }

            if (count == 0 || !isText)
            {
                return count == 0 && !_hasBegun && explain is not null && ErrorText.Length > 0 ? throw explain(ErrorText) : count;
            }

            Keep(buffer.Span[..count]);
        }
    }

    private void Keep(ReadOnlySpan<byte> text)
    {
        lock (_errors)
        {
            _errors.Append(Encoding.UTF8.GetString(text));
            if (_errors.Length > MaxErrorText)
            {
                _errors.Remove(0, _errors.Length - MaxErrorText);
            }
        }
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => streams.WriteAsync(buffer, cancellationToken);

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
        if (disposing)
        {
            streams.Dispose();
        }

        base.Dispose(disposing);
    }
}
