using AgentSandbox.Backends.Docker.Engine.Transport;
using AgentSandbox.Connection;

namespace AgentSandbox.Backends.Docker.Engine.Http;

/// <summary>The body of an answer that is read while it comes. A connection that breaks is <see cref="SandboxErrorId.EngineUnreachable"/>, never an end.</summary>
/// <param name="response">The answer; disposed of with the stream.</param>
/// <param name="body">Its body.</param>
/// <param name="endpoint">Where the engine is, for messages.</param>
internal sealed class EngineBody(HttpResponseMessage response, Stream body, DockerEndpoint endpoint) : OneWayStream
{
    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await body.ReadAsync(buffer, cancellationToken);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw EngineErrors.Broken(endpoint, e);
        }
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        try
        {
            return body.Read(buffer);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw EngineErrors.Broken(endpoint, e);
        }
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            body.Dispose();
            response.Dispose();
        }

        base.Dispose(disposing);
    }
}
