using AgentSandbox.Backends.Docker.Engine.Http;
using AgentSandbox.Backends.Docker.Engine.Transport;

namespace AgentSandbox.Backends.Docker.Engine.Hijack;

/// <summary>Makes raw connections of calls.</summary>
/// <param name="connector">Makes the connections.</param>
internal sealed class Hijacker(EngineConnector connector)
{
    private const int BufferSize = 16 * 1024;

    /// <summary>Sends a call and waits until its connection is raw.</summary>
    /// <param name="call">The call, by POST.</param>
    /// <param name="prefix">What stands before its path.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <returns>The streams.</returns>
    /// <exception cref="DockerEngineException">The engine answered with an error.</exception>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.EngineUnreachable"/>: it did not answer.</exception>
    public async Task<MultiplexedStream> OpenAsync(EngineCall call, string prefix, CancellationToken cancellationToken)
    {
        byte[] request = UpgradeRequest.Write(prefix + call.Path, EngineHttp.HostHeader(connector), call.Body);
        EngineConnection connection = await connector.ConnectAsync(cancellationToken);
        try
        {
            byte[] behind = [];
            await Bounded.RunAsync(async token => behind = await ExchangeAsync(connection.Stream, request, token), call.Bound, cancellationToken);
            return new HijackedStream(connection, behind, connector.Endpoint);
        }
        catch (Exception e)
        {
            await connection.DisposeAsync();
            if (e is TimeoutException)
            {
                throw EngineErrors.NoAnswer(connector.Endpoint, call.ToString(), call.Bound);
            }

            if (e is IOException)
            {
                throw EngineErrors.Broken(connector.Endpoint, e);
            }

            throw;
        }
    }

    private static async Task<byte[]> ExchangeAsync(Stream stream, byte[] request, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(request, cancellationToken);
        await stream.FlushAsync(cancellationToken);
        ResponseHeadParser parser = new();
        byte[] buffer = new byte[BufferSize];
        byte[] behind = [];
        while (parser.Head is null)
        {
            int count = await stream.ReadAsync(buffer, cancellationToken);
            if (count == 0)
            {
                throw new EndOfStreamException("It was closed before an answer came.");
            }

            behind = buffer[parser.Feed(buffer.AsSpan(0, count))..count];
        }

        if (parser.Head.IsHijacked)
        {
            return behind;
        }

        byte[] body = await ReadBodyAsync(stream, parser.Head, behind, cancellationToken);
        throw parser.Head.Status >= 300
            ? EngineFault.Of(parser.Head.Status, parser.Head.Reason, body)
            : EngineErrors.Nonsense($"status {parser.Head.Status} where the connection was to become a raw one");
    }

    private static async Task<byte[]> ReadBodyAsync(Stream stream, ResponseHead head, byte[] begin, CancellationToken cancellationToken)
    {
        int wanted = (int)Math.Min(head.ContentLength ?? EngineFault.MaxBody, EngineFault.MaxBody);
        byte[] bytes = new byte[Math.Max(wanted, begin.Length)];
        begin.CopyTo(bytes, 0);
        int count = begin.Length;
        while (count < wanted)
        {
            if (head.IsChunked)
            {
                byte[] joined = ChunkedBody.Join(bytes.AsSpan(0, count), out bool isComplete);
                if (isComplete)
                {
                    return joined;
                }
            }

            int read = await stream.ReadAsync(bytes.AsMemory(count, wanted - count), cancellationToken);
            if (read == 0)
            {
                break;
            }

            count += read;
        }

        return head.IsChunked ? ChunkedBody.Join(bytes.AsSpan(0, count), out _) : bytes[..Math.Min(count, wanted)];
    }
}
