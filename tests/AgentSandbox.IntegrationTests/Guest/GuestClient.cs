using System.Buffers;
using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Serialization.Metadata;
using AgentSandbox.Protocol;

namespace AgentSandbox.IntegrationTests.Guest;

/// <summary>One frame from the guest.</summary>
public sealed record ReceivedFrame(FrameHeader Header, byte[] Payload)
{
    public FrameType Type => Header.Type;
}

/// <summary>How a command went.</summary>
public sealed class Outcome
{
    public FailMessage? Fail { get; set; }

    public ExitMessage? Exit { get; set; }

    public bool Opened { get; set; }

    public MemoryStream Output { get; } = new();

    public MemoryStream Error { get; } = new();

    /// <summary>EOF frames, per stream.</summary>
    public int Ends { get; set; }

    public bool IsDone => Fail is not null || Exit is not null;

    public string Text => Encoding.UTF8.GetString(Output.ToArray());

    public string ErrorText => Encoding.UTF8.GetString(Error.ToArray());
}

/// <summary>The host's end with nothing in between: says exactly what a test tells it, also what no host would say.</summary>
public sealed class GuestClient : IDisposable
{
    private readonly Stream _input;
    private readonly Stream _output;
    private readonly FrameDecoder _decoder = new();
    private readonly byte[] _buffer = new byte[128 * 1024];
    private readonly Dictionary<uint, Outcome> _outcomes = [];
    private int _start;
    private int _end;
    private uint _lastChannel;

    /// <summary>Says HELLO and checks the answer, unless the test wants to do so itself.</summary>
    public GuestClient(Socket socket, bool hello = true)
        : this(new NetworkStream(socket, ownsSocket: true), null, hello)
    {
    }

    /// <summary>The same over two streams: what the guest writes, and what it reads; null where one stream is both.</summary>
    public GuestClient(Stream input, Stream? output, bool hello = true)
    {
        _input = input;
        _output = output ?? input;
        if (hello)
        {
            Send(FrameType.Hello, 0, new HelloMessage(), ProtocolJson.Default.HelloMessage);
            ReceivedFrame answer = Receive() ?? throw new IOException("The guest closed the connection.");
            HelloMessage message = ProtocolJson.Read(answer.Payload, ProtocolJson.Default.HelloMessage);
            if (answer.Type != FrameType.Hello || message.Magic != ProtocolLimits.Magic)
            {
                throw new IOException($"The guest answered {answer.Type}.");
            }
        }
    }

    public void SendRaw(ReadOnlySpan<byte> bytes)
    {
        try
        {
            _output.Write(bytes);
            _output.Flush();
        }
        catch (IOException e) when (e.InnerException is SocketException inner)
        {
            throw inner; // What tests of sockets expect.
        }
    }

    public void Send<T>(FrameType type, uint channel, T message, JsonTypeInfo<T> typeInfo)
    {
        var writer = new ArrayBufferWriter<byte>();
        FrameEncoder.WriteMessage(writer, type, channel, message, typeInfo);
        SendRaw(writer.WrittenSpan);
    }

    public void SendFrame(FrameType type, uint channel, byte flags = 0, ReadOnlySpan<byte> payload = default)
    {
        var writer = new ArrayBufferWriter<byte>();
        FrameEncoder.WriteFrame(writer, type, channel, flags, payload);
        SendRaw(writer.WrittenSpan);
    }

    public void SendInput(uint channel, ReadOnlySpan<byte> bytes) => SendFrame(FrameType.Data, channel, 0, bytes);

    public void SendEnd(uint channel) => SendFrame(FrameType.Eof, channel);

    public void SendSignal(uint channel, int signal, SignalScope scope) =>
        Send(FrameType.Signal, channel, new SignalMessage { Signal = signal, Scope = scope }, ProtocolJson.Default.SignalMessage);

    public void SendWindow(uint channel, StreamId stream, int credit)
    {
        byte[] payload = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(payload, credit);
        SendFrame(FrameType.Window, channel, (byte)stream, payload);
    }

    public uint Open(OpenMessage message)
    {
        uint channel = ++_lastChannel;
        _outcomes[channel] = new Outcome();
        Send(FrameType.Open, channel, message, ProtocolJson.Default.OpenMessage);
        return channel;
    }

    public uint Open(params string[] arguments) => Open(new OpenMessage { Arguments = arguments });

    /// <summary>Next frame; null when the guest has closed the connection.</summary>
    public ReceivedFrame? Receive()
    {
        while (true)
        {
            ReadOnlySpan<byte> input = _buffer.AsSpan(_start, _end - _start);
            bool complete = _decoder.TryRead(ref input);
            _start = _end - input.Length;
            if (complete)
            {
                return new ReceivedFrame(_decoder.Header, _decoder.Payload.ToArray());
            }

            try
            {
                _start = 0;
                _end = _input.Read(_buffer);
            }
            catch (IOException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.Shutdown })
            {
                return null;
            }

            if (_end == 0)
            {
                return null;
            }
        }
    }

    /// <summary>Receives until a command is done, and books what arrives for others. Returns credit unless told not to.</summary>
    public Outcome Finish(uint channel, bool credit = true)
    {
        while (!_outcomes[channel].IsDone)
        {
            Book(Receive() ?? throw new IOException("The guest closed the connection."), credit);
        }

        return _outcomes[channel];
    }

    /// <summary>Receives until a condition about a command holds.</summary>
    public Outcome Until(uint channel, Func<Outcome, bool> condition, bool credit = true)
    {
        while (!condition(_outcomes[channel]))
        {
            Book(Receive() ?? throw new IOException("The guest closed the connection."), credit);
        }

        return _outcomes[channel];
    }

    public Outcome Run(OpenMessage message) => Finish(Open(message));

    public Outcome Run(params string[] arguments) => Finish(Open(arguments));

    public Outcome Shell(string line) => Run("/bin/sh", "-c", line);

    public void Dispose()
    {
        _decoder.Dispose();
        _input.Dispose();
        _output.Dispose();
    }

    private void Book(ReceivedFrame frame, bool credit)
    {
        if (frame.Type == FrameType.Error)
        {
            throw new IOException("ERROR: " + Encoding.UTF8.GetString(frame.Payload));
        }

        if (!_outcomes.TryGetValue(frame.Header.Channel, out Outcome? outcome) || (outcome.IsDone && frame.Type != FrameType.Window))
        {
            throw new IOException($"{frame.Type} for channel {frame.Header.Channel}, which is done or never was.");
        }

        switch (frame.Type)
        {
            case FrameType.Opened:
                outcome.Opened = true;
                break;
            case FrameType.Fail:
                outcome.Fail = ProtocolJson.Read(frame.Payload, ProtocolJson.Default.FailMessage);
                break;
            case FrameType.Exit:
                outcome.Exit = ProtocolJson.Read(frame.Payload, ProtocolJson.Default.ExitMessage);
                break;
            case FrameType.Eof:
                outcome.Ends++;
                break;
            case FrameType.Data:
                (frame.Header.Flags == (byte)StreamId.StandardOutput ? outcome.Output : outcome.Error).Write(frame.Payload);
                if (credit)
                {
                    SendWindow(frame.Header.Channel, (StreamId)frame.Header.Flags, frame.Payload.Length);
                }

                break;
        }
    }
}
