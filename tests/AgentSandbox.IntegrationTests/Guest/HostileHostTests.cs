using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using AgentSandbox.Protocol;

namespace AgentSandbox.IntegrationTests.Guest;

/// <summary>Whatever a connection sends, the guest lives and other connections notice nothing.</summary>
public sealed class HostileHostTests : IDisposable
{
    private readonly GuestProcess _guest = new();
    private readonly GuestClient _witness;

    public HostileHostTests() => _witness = _guest.Connect();

    public void Dispose()
    {
        _witness.Dispose();
        _guest.Dispose();
    }

    [Fact]
    public void Garbage_ends_only_the_connection_that_sent_it()
    {
        var random = new Random(1);
        uint held = _witness.Open(new OpenMessage { Arguments = ["cat"], StandardInput = true });
        for (int i = 0; i < 300; i++)
        {
            byte[] garbage = new byte[random.Next(1, 4096)];
            random.NextBytes(garbage);
            using var client = new GuestClient(_guest.ConnectRaw(), hello: i % 2 == 0);
            SendAndDrain(client, garbage);
        }

        AssertUndisturbed(held);
    }

    [Fact]
    public void Mutated_frames_never_end_the_guest()
    {
        var random = new Random(2);
        uint held = _witness.Open(new OpenMessage { Arguments = ["cat"], StandardInput = true });
        for (int i = 0; i < 400; i++)
        {
            byte[] bytes = Conversation();
            for (int n = random.Next(1, 4); n > 0; n--)
            {
                bytes[random.Next(bytes.Length)] = random.Next(3) == 0 ? (byte)random.Next(256) : (byte)(bytes[random.Next(bytes.Length)] ^ (1 << random.Next(8)));
            }

            using var client = new GuestClient(_guest.ConnectRaw(), hello: true);
            SendAndDrain(client, bytes.AsSpan(0, random.Next(bytes.Length)));
        }

        AssertUndisturbed(held);
    }

    public static TheoryData<string, byte[]> Violations => new()
    {
        { "HELLO twice", Frames(w => FrameEncoder.WriteMessage(w, FrameType.Hello, 0, new HelloMessage(), ProtocolJson.Default.HelloMessage)) },
        { "DATA on a channel that never was", Frames(w => FrameEncoder.WriteFrame(w, FrameType.Data, 5, 0, "x"u8)) },
        { "channel number again", Frames(w => { Open(w, 3, "true"); Open(w, 3, "true"); }) },
        { "channel number that is lower", Frames(w => { Open(w, 3, "true"); Open(w, 2, "true"); }) },
        { "OPEN inside another", Frames(w => { FrameEncoder.WriteFrame(w, FrameType.Open, 1, FrameFlags.More, "{"u8); Open(w, 2, "true"); }) },
        { "OPEN that is no JSON", Frames(w => FrameEncoder.WriteFrame(w, FrameType.Open, 1, 0, "{\"arguments\":[}"u8)) },
        { "OPEN with half a surrogate", Frames(w => FrameEncoder.WriteFrame(w, FrameType.Open, 1, 0, "{\"arguments\":[\"\\ud800\"]}"u8)) },
        { "OPEN that is no UTF-8", Frames(w => FrameEncoder.WriteFrame(w, FrameType.Open, 1, 0, [.. "{\"arguments\":[\""u8, 0xff, .. "\"]}"u8])) },
        { "OPEN that is nested too deeply", Frames(w => FrameEncoder.WriteFrame(w, FrameType.Open, 1, 0, Encoding.UTF8.GetBytes("{\"arguments\":" + new string('[', 100)))) },
        { "frame type of a guest", Frames(w => FrameEncoder.WriteFrame(w, FrameType.Exit, 1, 0, "{}"u8)) },
        { "DATA on standard output", Frames(w => { Open(w, 1, "sleep", "9"); FrameEncoder.WriteFrame(w, FrameType.Data, 1, 1, "x"u8); }) },
        { "DATA without standard input", Frames(w => { Open(w, 1, "sleep", "9"); FrameEncoder.WriteFrame(w, FrameType.Data, 1, 0, "x"u8); }) },
        { "WINDOW of nothing", Frames(w => { Open(w, 1, "sleep", "9"); FrameEncoder.WriteWindow(w, 1, StreamId.StandardOutput, 0); }) },
        { "WINDOW that is negative", Frames(w => { Open(w, 1, "sleep", "9"); FrameEncoder.WriteWindow(w, 1, StreamId.StandardOutput, -1); }) },
        { "WINDOW that overflows", Frames(w => { Open(w, 1, "sleep", "9"); FrameEncoder.WriteWindow(w, 1, StreamId.StandardOutput, int.MaxValue); }) },
        { "WINDOW of standard input", Frames(w => { Open(w, 1, "sleep", "9"); FrameEncoder.WriteWindow(w, 1, StreamId.StandardInput, 1); }) },
        { "signal 0", Frames(w => { Open(w, 1, "sleep", "9"); FrameEncoder.WriteFrame(w, FrameType.Signal, 1, 0, "{}"u8); }) },
        { "signal 65", Frames(w => { Open(w, 1, "sleep", "9"); FrameEncoder.WriteFrame(w, FrameType.Signal, 1, 0, "{\"signal\":65}"u8); }) },
        { "RESIZE of a command without a terminal", Frames(w => { Open(w, 1, "sleep", "9"); FrameEncoder.WriteFrame(w, FrameType.Resize, 1, 0, "{\"columns\":80,\"rows\":24}"u8); }) },
        { "RESIZE that is no size", Frames(w => { Terminal(w, 1, "sleep", "9"); FrameEncoder.WriteFrame(w, FrameType.Resize, 1, 0, "{\"columns\":65536}"u8); }) },
        { "RESIZE that is no JSON", Frames(w => { Terminal(w, 1, "sleep", "9"); FrameEncoder.WriteFrame(w, FrameType.Resize, 1, 0, "\0\u0001"u8); }) },
        { "RESIZE of a channel that never was", Frames(w => FrameEncoder.WriteFrame(w, FrameType.Resize, 5, 0, "{}"u8)) },
        { "OPEN with a terminal that is none", Frames(w => FrameEncoder.WriteFrame(w, FrameType.Open, 1, 0, "{\"arguments\":[\"a\"],\"standardInput\":true,\"terminal\":{\"rows\":-1}}"u8)) },
        { "signal to a scope that is none", Frames(w => { Open(w, 1, "sleep", "9"); FrameEncoder.WriteFrame(w, FrameType.Signal, 1, 0, "{\"signal\":9,\"scope\":-1}"u8); }) },
    };

    [Theory]
    [MemberData(nameof(Violations))]
    public void What_breaks_the_protocol_is_answered_with_an_error_and_the_end(string what, byte[] bytes)
    {
        using GuestClient client = _guest.Connect();
        client.SendRaw(bytes);
        Assert.NotNull(what);
        Assert.Equal(FailKind.Protocol, ErrorBeforeTheEnd(client));
        Assert.True(_guest.IsAlive);
    }

    [Theory]
    [InlineData("{\"magic\":\"HTTP\",\"minGeneration\":1,\"maxGeneration\":1}")]
    [InlineData("{\"magic\":\"AGSB\",\"minGeneration\":2,\"maxGeneration\":9}")]
    [InlineData("{\"magic\":\"AGSB\"}")]
    [InlineData("{\"magic\":null,\"features\":null}")]
    [InlineData("null")]
    public void Another_protocol_is_refused(string hello)
    {
        using var client = new GuestClient(_guest.ConnectRaw(), hello: false);
        client.SendFrame(FrameType.Hello, 0, 0, Encoding.UTF8.GetBytes(hello));
        Assert.Equal(FailKind.Protocol, ErrorBeforeTheEnd(client));
    }

    [Fact]
    public void A_newer_host_that_speaks_our_generation_too_is_welcome()
    {
        using var client = new GuestClient(_guest.ConnectRaw(), hello: false);
        client.SendFrame(FrameType.Hello, 0, 0, "{\"magic\":\"AGSB\",\"minGeneration\":1,\"maxGeneration\":99,\"features\":[\"new\"],\"other\":{}}"u8);
        Assert.Equal(FrameType.Hello, client.Receive()!.Type);
    }

    [Fact]
    public void More_input_than_the_window_ends_the_connection()
    {
        using GuestClient client = _guest.Connect();
        uint channel = client.Open(new OpenMessage { Arguments = ["sleep", "30"], StandardInput = true });
        byte[] block = new byte[ProtocolLimits.MaxData];
        try
        {
            // The pipe takes some, and its credit comes back; nobody takes that credit into account here, so the window is overrun soon.
            for (int i = 0; i < 64; i++)
            {
                client.SendInput(channel, block);
            }
        }
        catch (System.Net.Sockets.SocketException)
        {
            // The guest has closed already.
        }

        Assert.Equal(FailKind.Protocol, ErrorBeforeTheEnd(client));
    }

    [Fact]
    public void Nulls_and_missing_fields_are_refused_or_empty()
    {
        using GuestClient client = _guest.Connect();
        uint channel = 0;
        foreach (string json in (string[])["{}", "{\"arguments\":null}", "{\"arguments\":[null]}", "{\"arguments\":[\"true\"],\"environment\":{\"A\":null}}", "{\"arguments\":[\"true\"],\"terminal\":{}}", "{\"arguments\":[\"probe\"],\"self\":true,\"standardInput\":true,\"terminal\":{}}", "{\"arguments\":[\"true\"],\"loginShell\":true}"])
        {
            client.SendFrame(FrameType.Open, ++channel, 0, Encoding.UTF8.GetBytes(json));
            ReceivedFrame answer = client.Receive()!;
            Assert.Equal((FrameType.Fail, channel), (answer.Type, answer.Header.Channel));
            Assert.Equal(FailKind.Protocol, ProtocolJson.Read(answer.Payload, ProtocolJson.Default.FailMessage).Kind);
        }

        client.SendFrame(FrameType.Open, ++channel, 0, "{\"arguments\":[\"true\"],\"environment\":null,\"user\":null}"u8);
        Assert.Equal(FrameType.Opened, client.Receive()!.Type);
    }

    [Fact]
    public void Frames_for_a_channel_that_is_done_are_late_and_ignored()
    {
        using GuestClient client = _guest.Connect();
        uint channel = client.Open("true");
        client.Finish(channel);
        client.SendInput(channel, "x"u8);
        client.SendWindow(channel, StreamId.StandardOutput, 1);
        client.SendSignal(channel, 9, SignalScope.All);
        client.SendFrame(FrameType.Close, channel);
        client.SendFrame(FrameType.Resize, channel, 0, "{}"u8);
        client.SendEnd(channel);
        Assert.Equal(0, client.Run("true").Exit!.ExitCode);
    }

    [Fact]
    public void A_host_that_asks_and_never_reads_costs_bounded_memory()
    {
        using GuestClient client = _guest.Connect();
        byte[] pings = Frames(w => { for (int i = 0; i < 1000; i++) { FrameEncoder.WriteFrame(w, FrameType.Ping, 0, 0, new byte[64]); } });
        using var cancel = new CancellationTokenSource();
        var flood = new Thread(() =>
        {
            try
            {
                while (!cancel.IsCancellationRequested)
                {
                    client.SendRaw(pings);
                }
            }
            catch (Exception e) when (e is System.Net.Sockets.SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        });
        flood.Start();
        Thread.Sleep(1000);
        Assert.True(ResidentKilobytes() < 16 * 1024, $"{ResidentKilobytes()} KiB");
        Assert.Equal(0, _witness.Run("true").Exit!.ExitCode);
        cancel.Cancel();
        client.Dispose();
        flood.Join();
    }

    private static byte[] Conversation() => Frames(w =>
    {
        Open(w, 1, "true");
        FrameEncoder.WriteMessage(w, FrameType.Open, 2, new OpenMessage { Arguments = ["cat"], StandardInput = true, User = "nobody", WorkingDirectory = "/" }, ProtocolJson.Default.OpenMessage);
        FrameEncoder.WriteFrame(w, FrameType.Data, 2, 0, "some input"u8);
        FrameEncoder.WriteWindow(w, 2, StreamId.StandardOutput, 1000);
        FrameEncoder.WriteFrame(w, FrameType.Ping, 0, 0, "12345678"u8);
        FrameEncoder.WriteMessage(w, FrameType.Signal, 2, new SignalMessage { Signal = 15, Scope = SignalScope.All }, ProtocolJson.Default.SignalMessage);
        FrameEncoder.WriteFrame(w, FrameType.Eof, 2, 0, []);
        FrameEncoder.WriteFrame(w, FrameType.Close, 2, 0, []);
        Terminal(w, 4, "cat");
        FrameEncoder.WriteMessage(w, FrameType.Resize, 4, new TerminalMessage { Columns = 80, Rows = 24 }, ProtocolJson.Default.TerminalMessage);
        FrameEncoder.WriteFrame(w, FrameType.Data, 4, 0, "some keys\u0003\u0004"u8);
        FrameEncoder.WriteFrame(w, FrameType.Eof, 4, 0, []);
        Open(w, 9, "echo", "x");
    });

    private static byte[] Frames(Action<ArrayBufferWriter<byte>> write)
    {
        var writer = new ArrayBufferWriter<byte>();
        write(writer);
        return writer.WrittenSpan.ToArray();
    }

    private static void Open(ArrayBufferWriter<byte> writer, uint channel, params string[] arguments) =>
        FrameEncoder.WriteMessage(writer, FrameType.Open, channel, new OpenMessage { Arguments = arguments }, ProtocolJson.Default.OpenMessage);

    private static void Terminal(ArrayBufferWriter<byte> writer, uint channel, params string[] arguments) =>
        FrameEncoder.WriteMessage(writer, FrameType.Open, channel, new OpenMessage { Arguments = arguments, StandardInput = true, Terminal = new TerminalMessage { Columns = 80, Rows = 24 } }, ProtocolJson.Default.OpenMessage);

    private static void SendAndDrain(GuestClient client, ReadOnlySpan<byte> bytes)
    {
        try
        {
            client.SendRaw(bytes);
        }
        catch (System.Net.Sockets.SocketException)
        {
            // The guest has closed already, as it should.
        }
    }

    private static string? ErrorBeforeTheEnd(GuestClient client)
    {
        string? kind = null;
        while (client.Receive() is ReceivedFrame frame)
        {
            kind = frame.Type == FrameType.Error ? ProtocolJson.Read(frame.Payload, ProtocolJson.Default.FailMessage).Kind : kind;
        }

        return kind;
    }

    private void AssertUndisturbed(uint held)
    {
        byte[] word = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(word, DateTime.UtcNow.Ticks);
        _witness.SendInput(held, word);
        _witness.SendEnd(held);
        Outcome outcome = _witness.Finish(held);
        Assert.Equal(word, outcome.Output.ToArray());
        Assert.Equal(0, outcome.Exit!.ExitCode);
        Assert.True(_guest.IsAlive);
    }

    private int ResidentKilobytes() => int.Parse(
        File.ReadLines($"/proc/{_guest.Id}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        System.Globalization.CultureInfo.InvariantCulture);
}
