using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using AgentSandbox.Protocol;
using Xunit.Abstractions;

namespace AgentSandbox.Tests.Protocol;

public sealed class MessageTests(ITestOutputHelper output)
{
    [Fact]
    public void Messages_survive_the_wire()
    {
        var open = new OpenMessage
        {
            Arguments = ["/bin/sh", "-c", "echo \"ü\" \u0001\t\n 🙂"],
            Environment = new Dictionary<string, string> { ["A"] = "b=c", ["EMPTY"] = "" },
            WorkingDirectory = "/tmp",
            User = "1000:1000",
            StandardInput = true,
        };
        OpenMessage read = Join(open);

        Assert.Equal(open.Arguments, read.Arguments);
        Assert.Equal(open.Environment, read.Environment);
        Assert.Equal((open.WorkingDirectory, open.User, open.StandardInput, open.Self), (read.WorkingDirectory, read.User, read.StandardInput, read.Self));
    }

    [Theory]
    [InlineData(ProtocolLimits.MaxControl - 1000, 1)]
    [InlineData(ProtocolLimits.MaxControl + 1, 2)]
    [InlineData(2 * ProtocolLimits.MaxControl + 1, 3)]
    [InlineData(ProtocolLimits.MaxOpen - 1000, 32)]
    public void A_large_open_is_continued(int argumentLength, int frameCount)
    {
        var open = new OpenMessage { Arguments = [new string('x', argumentLength)] };
        var bytes = new ArrayBufferWriter<byte>();
        FrameEncoder.WriteMessage(bytes, FrameType.Open, 7, open, ProtocolJson.Default.OpenMessage);
        using var decoder = new FrameDecoder();
        List<Frame> frames = Frame.Decode(decoder, bytes.WrittenSpan.ToArray(), new Random(1), 100_000).Frames;

        Assert.Equal(frameCount, frames.Count);
        Assert.All(frames[..^1], f => Assert.Equal((FrameType.Open, FrameFlags.More, ProtocolLimits.MaxControl), (f.Type, f.Flags, f.Payload.Length)));
        Assert.Equal(0, frames[^1].Flags);
        Assert.Equal(open.Arguments, Join(open).Arguments);
    }

    [Fact]
    public void Too_large_messages_are_not_sent()
    {
        var bytes = new ArrayBufferWriter<byte>();
        var open = new OpenMessage { Arguments = [new string('x', ProtocolLimits.MaxOpen)] };
        var fail = new FailMessage { Detail = new string('x', ProtocolLimits.MaxControl) };

        Assert.Throws<ProtocolViolationException>(() => FrameEncoder.WriteMessage(bytes, FrameType.Open, 1, open, ProtocolJson.Default.OpenMessage));
        Assert.Throws<ProtocolViolationException>(() => FrameEncoder.WriteMessage(bytes, FrameType.Fail, 1, fail, ProtocolJson.Default.FailMessage));
        Assert.Equal(0, bytes.WrittenCount);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"exit\"")]
    [InlineData("{")]
    [InlineData("{}{}")]
    [InlineData("{\"exitCode\":null}")]
    [InlineData("{\"exitCode\":\"0\"}")]
    [InlineData("{\"exitCode\":1.5}")]
    [InlineData("{\"exitCode\":99999999999}")]
    [InlineData("{\"truncated\":0}")]
    [InlineData("{\"exitCode\":0,}")]
    [InlineData("{\"exitCode\":0}//x")]
    public void What_is_no_message_is_a_violation(string json) =>
        Assert.Throws<ProtocolViolationException>(() => ProtocolJson.Read(Encoding.UTF8.GetBytes(json), ProtocolJson.Default.ExitMessage));

    [Theory]
    [InlineData("{\"columns\":-1}")]
    [InlineData("{\"columns\":65536}")]
    [InlineData("{\"rows\":1e2}")]
    [InlineData("{\"rows\":\"24\"}")]
    [InlineData("{\"rows\":null}")]
    [InlineData("80x24")]
    public void What_is_no_size_is_a_violation(string json) =>
        Assert.Throws<ProtocolViolationException>(() => ProtocolJson.Read(Encoding.UTF8.GetBytes(json), ProtocolJson.Default.TerminalMessage));

    [Theory]
    [InlineData("{\"detail\":\"\\ud800\"}")]
    [InlineData("{\"detail\":\"\u0001\"}")]
    public void Strings_that_are_no_text_are_a_violation(string json) =>
        Assert.Throws<ProtocolViolationException>(() => ProtocolJson.Read(Encoding.UTF8.GetBytes(json), ProtocolJson.Default.FailMessage));

    [Fact]
    public void Bytes_that_are_no_utf8_are_a_violation() =>
        Assert.Throws<ProtocolViolationException>(() => ProtocolJson.Read([.. "{\"detail\":\""u8, 0xC3, 0x28, .. "\"}"u8], ProtocolJson.Default.FailMessage));

    [Fact]
    public void Unknown_fields_are_ignored_so_that_either_end_may_be_newer()
    {
        ExitMessage exit = ProtocolJson.Read("{\"later\":{\"a\":[1,2]},\"exitCode\":3,\"other\":null}"u8, ProtocolJson.Default.ExitMessage);
        Assert.Equal(3, exit.ExitCode);
    }

    [Theory]
    [InlineData('[', ']')]
    [InlineData('{', '}')]
    public void Depth_bombs_are_a_violation(char open, char close)
    {
        foreach (int depth in new[] { ProtocolLimits.MaxJsonDepth, 1000, 100_000 })
        {
            string opening = string.Concat(Enumerable.Repeat(open == '{' ? "{\"a\":" : "[", depth));
            byte[] json = Encoding.UTF8.GetBytes("{\"unknown\":" + opening + "1" + new string(close, depth) + "}");
            Assert.Throws<ProtocolViolationException>(() => ProtocolJson.Read(json, ProtocolJson.Default.HelloMessage));
        }
    }

    [Fact]
    public void Mutated_messages_are_messages_or_violations_and_nothing_else()
    {
        Random random = Seeded.Create(output);
        byte[][] valid =
        [
            JsonSerializer.SerializeToUtf8Bytes(new HelloMessage { Version = "1", Features = ["pty"] }, ProtocolJson.Default.HelloMessage),
            JsonSerializer.SerializeToUtf8Bytes(new OpenMessage { Arguments = ["a", "\"\\"], Environment = new Dictionary<string, string> { ["k"] = "v" }, User = "u" }, ProtocolJson.Default.OpenMessage),
            JsonSerializer.SerializeToUtf8Bytes(new FailMessage { Kind = FailKind.User, Errno = 2, Stage = "execve", Detail = "d" }, ProtocolJson.Default.FailMessage),
            JsonSerializer.SerializeToUtf8Bytes(new ExitMessage { ExitCode = 255, Truncated = true }, ProtocolJson.Default.ExitMessage),
            JsonSerializer.SerializeToUtf8Bytes(new TerminalMessage { Columns = 80, Rows = 65535 }, ProtocolJson.Default.TerminalMessage),
            JsonSerializer.SerializeToUtf8Bytes(new OpenMessage { Arguments = ["a"], StandardInput = true, LoginShell = true, Terminal = new TerminalMessage { Columns = 1, Rows = 2 } }, ProtocolJson.Default.OpenMessage),
        ];
        string[] splices = ["null", "{", "}", "[", "]", "\"", "1e999", "-0", "\\u0000", "\\ud800", ",", ":", "true", "\xFF"];
        for (int round = 0; round < 20_000; round++)
        {
            List<byte> bytes = [.. valid[random.Next(valid.Length)]];
            for (int edits = random.Next(1, 4); edits > 0; edits--)
            {
                int at = random.Next(bytes.Count);
                switch (random.Next(3))
                {
                    case 0:
                        bytes[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        bytes.RemoveRange(at, random.Next(0, Math.Min(8, bytes.Count - at)));
                        bytes.Add((byte)'}');
                        break;
                    default:
                        bytes.InsertRange(at, Encoding.Latin1.GetBytes(splices[random.Next(splices.Length)]));
                        break;
                }
            }

            byte[] json = [.. bytes];
            TryRead(json, ProtocolJson.Default.HelloMessage);
            TryRead(json, ProtocolJson.Default.OpenMessage);
            TryRead(json, ProtocolJson.Default.OpenedMessage);
            TryRead(json, ProtocolJson.Default.FailMessage);
            TryRead(json, ProtocolJson.Default.SignalMessage);
            TryRead(json, ProtocolJson.Default.ExitMessage);
            TryRead(json, ProtocolJson.Default.TerminalMessage);
        }
    }

    private static void TryRead<T>(byte[] json, JsonTypeInfo<T> typeInfo)
        where T : class
    {
        try
        {
            Assert.NotNull(ProtocolJson.Read(json, typeInfo));
        }
        catch (ProtocolViolationException)
        {
            // The only exception that may come out.
        }
    }

    private static OpenMessage Join(OpenMessage message)
    {
        var bytes = new ArrayBufferWriter<byte>();
        FrameEncoder.WriteMessage(bytes, FrameType.Open, 7, message, ProtocolJson.Default.OpenMessage);
        using var decoder = new FrameDecoder();
        byte[] json = [.. Frame.Decode(decoder, bytes.WrittenSpan.ToArray(), new Random(1), 100_000).Frames.SelectMany(f => f.Payload)];
        return ProtocolJson.Read(json, ProtocolJson.Default.OpenMessage);
    }
}
