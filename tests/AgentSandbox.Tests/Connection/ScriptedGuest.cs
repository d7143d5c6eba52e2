using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json.Serialization.Metadata;
using System.Threading.Channels;
using AgentSandbox.Connection;
using AgentSandbox.Protocol;
using AgentSandbox.Tests.Protocol;

namespace AgentSandbox.Tests.Connection;

/// <summary>
/// Stands in for the guest program: speaks the real protocol over a stream in memory, and does what the test says and nothing by itself,
/// so that it can be as hostile as the test needs.
/// </summary>
internal sealed class ScriptedGuest : IAsyncDisposable
{
    private readonly Channel<Frame> _received = Channel.CreateUnbounded<Frame>();
    private readonly InMemoryDuplex _stream;
    private readonly SemaphoreSlim _sending = new(1, 1);
    private Task<Frame>? _taking;

    private ScriptedGuest(InMemoryDuplex stream, InMemoryDuplex hostStream, bool reads)
    {
        _stream = stream;
        HostStream = hostStream;
        if (reads)
        {
            _ = Task.Run(ReadAsync);
        }
    }

    public InMemoryDuplex HostStream { get; }

    /// <summary>A guest at the other end of <see cref="HostStream"/>.</summary>
    public static ScriptedGuest Create(bool reads = true)
    {
        (InMemoryDuplex host, InMemoryDuplex guest) = InMemoryDuplex.Create();
        return new ScriptedGuest(guest, host, reads);
    }

    /// <summary>A guest and a connection to it, both after HELLO.</summary>
    public static async Task<(ScriptedGuest Guest, GuestConnection Connection)> OpenAsync(ConnectionOptions? options = null)
    {
        ScriptedGuest guest = Create();
        Task<GuestConnection> opening = GuestConnection.OpenAsync(guest.HostStream, options ?? ConnectionOptions.Default, CancellationToken.None);
        await guest.ExpectAsync(FrameType.Hello);
        await guest.HelloAsync();
        return (guest, await opening.Soon());
    }

    /// <summary>A guest, a connection and a command that runs on it.</summary>
    public static async Task<(ScriptedGuest Guest, GuestConnection Connection, SandboxCommand Command, uint Channel)> RunAsync(CommandSpecification? command = null, ConnectionOptions? options = null)
    {
        (ScriptedGuest guest, GuestConnection connection) = await OpenAsync(options);
        (SandboxCommand running, uint channel) = await guest.StartAsync(connection, command);
        return (guest, connection, running, channel);
    }

    public async Task<(SandboxCommand Command, uint Channel)> StartAsync(GuestConnection connection, CommandSpecification? command = null)
    {
        Task<SandboxCommand> starting = connection.StartAsync(command ?? new CommandSpecification { Arguments = ["/bin/true"] }, CancellationToken.None);
        Frame frame;
        do
        {
            frame = (await NextAsync(TimeSpan.FromSeconds(30)))!;
        }
        while (frame.Type == FrameType.Window); // Credit for a command before may still have been on its way.
        Assert.Equal(FrameType.Open, frame.Type);
        uint channel = frame.Channel;
        await OpenedAsync(channel);
        return (await starting.Soon(), channel);
    }

    public Task HelloAsync(HelloMessage? message = null) => SendAsync(FrameType.Hello, 0, message ?? new HelloMessage { Version = "test" }, ProtocolJson.Default.HelloMessage);

    public Task OpenedAsync(uint channel) => SendAsync(FrameType.Opened, channel, new OpenedMessage { ProcessId = 42 }, ProtocolJson.Default.OpenedMessage);

    public Task DataAsync(uint channel, StreamId stream, byte[] data) => SendAsync(FrameType.Data, channel, (byte)stream, data);

    public Task EofAsync(uint channel, StreamId stream) => SendAsync(FrameType.Eof, channel, (byte)stream);

    public Task WindowAsync(uint channel, StreamId stream, uint credit)
    {
        byte[] payload = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(payload, credit);
        return SendAsync(FrameType.Window, channel, (byte)stream, payload);
    }

    /// <summary>Both EOF, then EXIT.</summary>
    public async Task ExitAsync(uint channel, int code = 0, int signal = 0, bool truncated = false)
    {
        await EofAsync(channel, StreamId.StandardOutput);
        await EofAsync(channel, StreamId.StandardError);
        await SendAsync(FrameType.Exit, channel, new ExitMessage { ExitCode = code, Signal = signal, Truncated = truncated }, ProtocolJson.Default.ExitMessage);
    }

    public Task SendAsync<T>(FrameType type, uint channel, T message, JsonTypeInfo<T> typeInfo)
    {
        var bytes = new ArrayBufferWriter<byte>();
        FrameEncoder.WriteMessage(bytes, type, channel, message, typeInfo);
        return SendRawAsync(bytes.WrittenSpan.ToArray());
    }

    public Task SendAsync(FrameType type, uint channel, byte flags = 0, byte[]? payload = null) => SendRawAsync(Frame.Encode([new Frame(type, channel, flags, payload ?? [])]));

    public async Task SendRawAsync(byte[] bytes)
    {
        await _sending.WaitAsync().Soon();
        try
        {
            await _stream.WriteAsync(bytes).AsTask().Soon();
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>The next frame, which must be of this type.</summary>
    public async Task<Frame> ExpectAsync(FrameType type)
    {
        Frame frame = await TakeAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(type, frame.Type);
        return frame;
    }

    /// <summary>The next frame, or null when none comes for a moment. For tests that nothing is sent.</summary>
    public async Task<Frame?> NextAsync(TimeSpan wait)
    {
        try
        {
            return await TakeAsync(wait);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <summary>The next frame, however long it takes; null when the host has hung up or the stream is closed.</summary>
    public async Task<Frame?> NextOrEndAsync()
    {
        try
        {
            return await _received.Reader.ReadAsync();
        }
        catch (Exception e) when (e is ChannelClosedException or InvalidOperationException)
        {
            return null;
        }
    }

    public async Task ExpectSignalAsync(uint channel, int signal, SignalScope scope)
    {
        Frame frame = await ExpectAsync(FrameType.Signal);
        SignalMessage message = ProtocolJson.Read(frame.Payload, ProtocolJson.Default.SignalMessage);
        Assert.Equal((channel, signal, scope), (frame.Channel, message.Signal, message.Scope));
    }

    public Task HangUpAsync() => _stream.DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _sending.Dispose();
    }

    // A wait that ran out must not swallow the frame that comes after it, so the read that is under way is kept.
    private async Task<Frame> TakeAsync(TimeSpan wait)
    {
        _taking ??= _received.Reader.ReadAsync().AsTask();
        Frame frame = await _taking.WaitAsync(wait);
        _taking = null;
        return frame;
    }

    private async Task ReadAsync()
    {
        byte[] buffer = new byte[64 * 1024];
        using var decoder = new FrameDecoder();
        try
        {
            int count;
            while ((count = await _stream.ReadAsync(buffer)) > 0)
            {
                Take(decoder, buffer.AsSpan(0, count));
            }

            _received.Writer.TryComplete();
        }
        catch (Exception e)
        {
            _received.Writer.TryComplete(e); // Reaches the test that expects a frame.
        }
    }

    private void Take(FrameDecoder decoder, ReadOnlySpan<byte> bytes)
    {
        while (decoder.TryRead(ref bytes))
        {
            _received.Writer.TryWrite(new Frame(decoder.Header.Type, decoder.Header.Channel, decoder.Header.Flags, decoder.Payload.ToArray()));
        }
    }
}
