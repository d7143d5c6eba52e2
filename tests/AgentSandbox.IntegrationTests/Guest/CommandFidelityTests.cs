using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using AgentSandbox.Protocol;

namespace AgentSandbox.IntegrationTests.Guest;

/// <summary>What a command does and what its host learns of it are the same.</summary>
public sealed class CommandFidelityTests : IDisposable
{
    private readonly GuestProcess _guest = new();
    private readonly GuestClient _client;

    public CommandFidelityTests() => _client = _guest.Connect();

    public void Dispose()
    {
        _client.Dispose();
        _guest.Dispose();
    }

    [Fact]
    public void Every_exit_code_arrives()
    {
        for (int code = 0; code <= 255; code++)
        {
            ExitMessage exit = _client.Shell($"exit {code}").Exit!;
            Assert.Equal((code, 0, false), (exit.ExitCode, exit.Signal, exit.Truncated));
        }
    }

    [Fact]
    public void Every_deadly_signal_arrives()
    {
        foreach (int signal in (int[])[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 24, 25, 26, 27, 29, 30, 31, 34, 40, 64])
        {
            ExitMessage exit = _client.Shell($"ulimit -c 0; kill -{signal} $$; sleep 10").Exit!;
            Assert.Equal((0, signal), (exit.ExitCode, exit.Signal));
        }
    }

    [Fact]
    public void Signals_that_the_guest_ignores_or_blocks_work_in_commands()
    {
        // SIGPIPE ends `yes`, as in any shell; the mask and the ignored set are empty.
        Assert.Equal("SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n", _client.Shell("grep -E '^Sig(Blk|Ign)' /proc/self/status").Text);
        Assert.Equal("y\n", _client.Shell("yes | head -n 1").Text);
    }

    [Fact]
    public void The_last_bytes_before_exit_are_never_lost()
    {
        for (int i = 0; i < 1000; i++)
        {
            Outcome outcome = _client.Shell($"printf out{i}; printf err{i} >&2; exit 3");
            Assert.Equal(($"out{i}", $"err{i}", 3), (outcome.Text, outcome.ErrorText, outcome.Exit!.ExitCode));
            Assert.Equal(2, outcome.Ends);
        }
    }

    [Fact]
    public void Output_of_256_MiB_is_identical()
    {
        string file = Path.GetTempFileName();
        try
        {
            using var expected = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            using (FileStream stream = File.OpenWrite(file))
            {
                RandomBlocks(256, block =>
                {
                    stream.Write(block);
                    expected.AppendData(block);
                });
            }

            uint channel = _client.Open("cat", file);
            using var actual = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            ReceivedFrame frame;
            while ((frame = _client.Receive()!).Type != FrameType.Exit)
            {
                if (frame.Type == FrameType.Data)
                {
                    actual.AppendData(frame.Payload);
                    _client.SendWindow(channel, StreamId.StandardOutput, frame.Payload.Length);
                }
            }

            Assert.Equal(expected.GetHashAndReset(), actual.GetHashAndReset());
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Input_of_256_MiB_is_identical()
    {
        uint channel = _client.Open(new OpenMessage { Arguments = ["sha256sum"], StandardInput = true });
        _client.Until(channel, o => o.Opened);
        int window = ProtocolLimits.InitialWindow;
        using var expected = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        RandomBlocks(256, block =>
        {
            expected.AppendData(block);
            for (int offset = 0; offset < block.Length; offset += ProtocolLimits.MaxData)
            {
                while (window < ProtocolLimits.MaxData)
                {
                    ReceivedFrame frame = _client.Receive()!;
                    Assert.Equal((FrameType.Window, (byte)StreamId.StandardInput), (frame.Type, frame.Header.Flags));
                    window += BinaryPrimitives.ReadInt32BigEndian(frame.Payload);
                }

                _client.SendInput(channel, block.AsSpan(offset, ProtocolLimits.MaxData));
                window -= ProtocolLimits.MaxData;
            }
        });
        _client.SendEnd(channel);
        Assert.StartsWith(Convert.ToHexStringLower(expected.GetHashAndReset()), _client.Finish(channel).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_no_text_survive_both_ways()
    {
        byte[] bytes = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        uint channel = _client.Open(new OpenMessage { Arguments = ["cat"], StandardInput = true });
        _client.SendInput(channel, bytes);
        _client.SendEnd(channel);
        Assert.Equal(bytes, _client.Finish(channel).Output.ToArray());
    }

    [Fact]
    public void Input_ends_when_the_host_says_so_and_not_before()
    {
        uint channel = _client.Open(new OpenMessage { Arguments = ["/bin/sh", "-c", "read a; echo got $a; cat; echo end"], StandardInput = true });
        _client.SendInput(channel, "one\n"u8);
        Assert.False(_client.Until(channel, o => o.Text == "got one\n").IsDone);
        _client.SendInput(channel, "two\n"u8);
        Assert.False(_client.Until(channel, o => o.Text == "got one\ntwo\n").IsDone);
        _client.SendEnd(channel);
        Assert.Equal("got one\ntwo\nend\n", _client.Finish(channel).Text);
    }

    [Fact]
    public void Without_input_a_command_reads_the_end_at_once() => Assert.Equal("0\n", _client.Shell("wc -c").Text);

    [Fact]
    public void Input_that_a_command_does_not_want_is_dropped_and_its_credit_comes_back()
    {
        uint channel = _client.Open(new OpenMessage { Arguments = ["/bin/sh", "-c", "exec <&-; sleep 30"], StandardInput = true });
        _client.Until(channel, o => o.Opened);
        Thread.Sleep(200);
        int window = ProtocolLimits.InitialWindow;
        byte[] block = new byte[ProtocolLimits.MaxData];
        for (int i = 0; i < 64; i++)
        {
            while (window < block.Length)
            {
                window += BinaryPrimitives.ReadInt32BigEndian(_client.Receive()!.Payload);
            }

            _client.SendInput(channel, block);
            window -= block.Length;
        }

        _client.SendSignal(channel, 9, SignalScope.All);
        Assert.Equal(9, _client.Finish(channel).Exit!.Signal);
    }

    [Fact]
    public void A_background_process_that_keeps_the_pipe_does_not_hang_the_call_and_lives_on()
    {
        string file = Path.Combine(Path.GetTempPath(), "agsb-" + Guid.NewGuid().ToString("N"));
        Outcome outcome = _client.Shell($"(sleep 1; echo late; echo later; echo done > {file}) & echo early");
        Assert.Equal(("early\n", 0, false), (outcome.Text, outcome.Exit!.ExitCode, outcome.Exit.Truncated));
        Assert.True(SpinWait.SpinUntil(() => File.Exists(file) && File.ReadAllText(file) == "done\n", TimeSpan.FromSeconds(20)));
        File.Delete(file);
    }

    [Fact]
    public void Output_that_never_stops_after_the_exit_is_cut_and_marked()
    {
        Outcome outcome = _client.Shell("(while :; do echo x; sleep 0.02; done) & echo $!");
        Assert.True(outcome.Exit!.Truncated);
        _ = Process.GetProcessById(int.Parse(outcome.Text.Split('\n')[0], CultureInfo.InvariantCulture)); // It still runs: throws when it does not.
        Assert.Equal(0, _client.Shell($"kill {outcome.Text.Split('\n')[0]}").Exit!.ExitCode);
    }

    [Fact]
    public void A_reader_that_takes_its_time_loses_nothing()
    {
        // More than the window, less than window and pipe together: the command is long gone when the host begins to read.
        uint channel = _client.Open("head", "-c", "1000000", "/dev/zero");
        Outcome outcome = _client.Until(channel, o => o.Output.Length == ProtocolLimits.InitialWindow, credit: false);
        Thread.Sleep(ProtocolLimits.DrainTotal + ProtocolLimits.DrainIdle + TimeSpan.FromSeconds(1));
        Assert.False(outcome.IsDone);
        _client.SendWindow(channel, StreamId.StandardOutput, ProtocolLimits.InitialWindow);
        _client.Finish(channel);
        Assert.Equal((1_000_000, false), (outcome.Output.Length, outcome.Exit!.Truncated));
    }

    private static void RandomBlocks(int count, Action<byte[]> action)
    {
        var random = new Random(7);
        byte[] block = new byte[1024 * 1024];
        for (int i = 0; i < count; i++)
        {
            random.NextBytes(block);
            action(block);
        }
    }
}
