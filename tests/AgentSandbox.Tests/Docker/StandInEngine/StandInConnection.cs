using System.Buffers.Binary;
using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace AgentSandbox.Tests.Docker.StandIn;

/// <summary>One client's connection, as a route has it: answers in pieces or whole, or takes it over.</summary>
internal sealed class StandInConnection(Stream stream, RequestReader reader, Socket socket, CancellationToken cancellationToken)
{
    /// <summary>Ends when the stand-in does.</summary>
    public CancellationToken CancellationToken { get; } = cancellationToken;

    /// <summary>Whether the connection can take another call.</summary>
    public bool IsReusable { get; private set; } = true;

    /// <summary>A whole answer.</summary>
    public Task AnswerAsync(int status, string body, string contentType = "application/json", params (string Name, string Value)[] headers) =>
        AnswerAsync(status, Encoding.UTF8.GetBytes(body), contentType, headers);

    /// <summary>A whole answer.</summary>
    public async Task AnswerAsync(int status, byte[] body, string contentType, params (string Name, string Value)[] headers)
    {
        StringBuilder head = new();
        head.Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} Whatever\r\nContent-Type: {contentType}\r\n");
        foreach ((string name, string value) in headers)
        {
            head.Append(CultureInfo.InvariantCulture, $"{name}: {value}\r\n");
        }

        // 204 and 304 have no body and no length of one (RFC 9112, 6.3).
        string length = status is 204 or 304 ? "" : $"Content-Length: {body.Length}\r\n";
        await SendAsync([.. Encoding.ASCII.GetBytes($"{head}{length}\r\n"), .. body]);
    }

    /// <summary>The engine's error.</summary>
    public Task FailAsync(int status, string message) => AnswerAsync(status, $$"""{"message":"{{message}}"}""");

    /// <summary>Begins an answer in chunks.</summary>
    public Task BeginChunksAsync(int status = 200) => SendAsync($"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");

    /// <summary>Sends a chunk; an empty one is the end.</summary>
    public Task ChunkAsync(string text) => SendAsync($"{Encoding.UTF8.GetByteCount(text):x}\r\n{text}\r\n");

    /// <summary>Takes the connection over, as attach and exec do.</summary>
    public Task HijackAsync()
    {
        IsReusable = false;
        return SendAsync("HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n");
    }

    /// <summary>Sends a frame of a container's streams.</summary>
    public Task FrameAsync(byte type, byte[] payload) => SendAsync(Frame(type, payload));

    /// <summary>The bytes of a frame.</summary>
    public static byte[] Frame(byte type, byte[] payload)
    {
        byte[] header = [type, 0, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), payload.Length);
        return [.. header, .. payload];
    }

    /// <summary>Sends text as it is.</summary>
    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>Sends bytes as they are.</summary>
    public async Task SendAsync(byte[] bytes)
    {
        await stream.WriteAsync(bytes, CancellationToken);
        await stream.FlushAsync(CancellationToken);
    }

    /// <summary>Reads what the client sends on a connection that was taken over; 0 when it has ended its side.</summary>
    public ValueTask<int> ReadAsync(Memory<byte> buffer) => reader.ReadRawAsync(buffer, CancellationToken);

    /// <summary>Reads it to its end.</summary>
    public async Task<byte[]> ReadToEndAsync()
    {
        MemoryStream all = new();
        byte[] buffer = new byte[4096];
        for (int count; (count = await ReadAsync(buffer)) > 0;)
        {
            all.Write(buffer, 0, count);
        }

        return all.ToArray();
    }

    /// <summary>Closes the connection, as a killed engine does.</summary>
    public async Task CloseAsync()
    {
        IsReusable = false;
        if (stream is SslStream tls)
        {
            await tls.ShutdownAsync();
        }

        socket.Dispose();
    }
}
