using System.Net;
using System.Runtime.ExceptionServices;

namespace AgentSandbox.Backends.Docker.Engine.Http;

/// <summary>
/// A body that is read from a stream of the caller's: sent in chunks, the stream left open, and a failure to read it kept apart from one to send it.
/// </summary>
/// <param name="source">What is sent.</param>
internal sealed class UploadContent(Stream source) : HttpContent
{
    private const int BufferSize = 128 * 1024;
    private ExceptionDispatchInfo? _sourceFailure;

    /// <summary>Throws what reading the source failed with, if it did.</summary>
    public void ThrowSourceFailure() => _sourceFailure?.Throw();

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[BufferSize];
        while (true)
        {
            int count;
            try
            {
                count = await source.ReadAsync(buffer, cancellationToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                _sourceFailure = ExceptionDispatchInfo.Capture(e);
                throw;
            }

            if (count == 0)
            {
                return;
            }

            await stream.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        }
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
