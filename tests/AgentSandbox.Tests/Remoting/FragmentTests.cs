using AgentSandbox.PowerShell.Remoting.Wire;
using Xunit.Abstractions;

namespace AgentSandbox.Tests.Remoting;

public sealed class FragmentTests(ITestOutputHelper output)
{
    [Fact]
    public void Messages_come_out_whole_wherever_the_bytes_are_cut()
    {
        Random random = Seeded.Create(output);
        byte[][] sent = [.. Enumerable.Range(0, 50).Select(i => Bytes(random, random.Next(1, 3000)))];
        List<byte> wire = [];
        for (int i = 0; i < sent.Length; i++)
        {
            int middle = sent[i].Length / 2;
            wire.AddRange(middle == 0 ? Packets.Fragment(i + 1, 0, 3, sent[i]) : [.. Packets.Fragment(i + 1, 0, 1, sent[i][..middle]), .. Packets.Fragment(i + 1, 1, 2, sent[i][middle..])]);
        }

        FragmentAssembler assembler = new(10_000);
        List<byte[]> received = [];
        for (int start = 0; start < wire.Count;)
        {
            int length = Math.Min(random.Next(1, 200), wire.Count - start);
            assembler.Append(wire.GetRange(start, length).ToArray(), received);
            start += length;
        }

        Assert.Equal(sent, received);
    }

    [Fact]
    public void What_is_split_is_put_together_again()
    {
        byte[] message = new byte[(WireLimits.Fragment * 2) + 7];
        new Random(1).NextBytes(message);
        FragmentAssembler assembler = new(WireLimits.Message);
        List<byte[]> received = [];
        byte[][] fragments = [.. FragmentAssembler.Split(9, message)];
        Array.ForEach(fragments, fragment => assembler.Append(fragment, received));
        Assert.Equal(3, fragments.Length);
        Assert.Equal(message, Assert.Single(received));
    }

    public static TheoryData<string, byte[]> Broken => new()
    {
        { "object 0", Packets.Fragment(0, 0, 3, [1]) },
        { "object below 0", Packets.Fragment(-1, 0, 3, [1]) },
        { "no start", Packets.Fragment(1, 0, 2, [1]) },
        { "a start that is not the first", Packets.Fragment(1, 1, 3, [1]) },
        { "unknown flags", Packets.Fragment(1, 0, 7, [1]) },
        { "no length", Packets.Fragment(1, 0, 3, []) },
        { "a length below 0", Packets.Fragment(1, 0, 3, [1], -5) },
        { "too long at once", Packets.Fragment(1, 0, 3, [1], 1001) },
        { "too long together", [.. Packets.Fragment(1, 0, 1, new byte[900]), .. Packets.Fragment(1, 1, 2, new byte[101])] },
        { "two starts", [.. Packets.Fragment(1, 0, 1, [1]), .. Packets.Fragment(2, 0, 1, [1])] },
        { "another object", [.. Packets.Fragment(1, 0, 1, [1]), .. Packets.Fragment(2, 1, 2, [1])] },
        { "a gap", [.. Packets.Fragment(1, 0, 1, [1]), .. Packets.Fragment(1, 2, 2, [1])] },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void A_broken_fragment_is_refused(string why, byte[] data)
    {
        Assert.NotEmpty(why);
        Assert.Equal(SandboxErrorId.ProtocolViolation, Assert.Throws<SandboxException>(() => new FragmentAssembler(1000).Append(data, [])).ErrorId);
    }

    [Fact]
    public void Lines_are_bounded()
    {
        LineReader reader = new();
        List<string> lines = [];
        reader.Append("one\r\n\ntw"u8, lines);
        reader.Append("o\n"u8, lines);
        Assert.Equal(["one", "two"], lines);
        byte[] much = new byte[WireLimits.Line];
        reader.Append(much, lines);
        Assert.Throws<SandboxException>(() => reader.Append([1], lines));
    }

    private static byte[] Bytes(Random random, int length)
    {
        byte[] bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
