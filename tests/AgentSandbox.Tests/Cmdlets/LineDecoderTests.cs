using System.Text;
using AgentSandbox.PowerShell.Invocation;
using Xunit.Abstractions;

namespace AgentSandbox.Tests.Cmdlets;

public sealed class LineDecoderTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("", new string[0])]
    [InlineData("a", new[] { "a" })]
    [InlineData("a\n", new[] { "a" })]
    [InlineData("a\r\nb", new[] { "a", "b" })]
    [InlineData("\n\n", new[] { "", "" })]
    [InlineData("10%\r20%\r\n", new[] { "10%\r20%" })]
    [InlineData("a\r", new[] { "a\r" })]
    public void Lines_end_with_LF_or_CR_LF(string text, string[] expected) => Assert.Equal(expected, Decode([Encoding.UTF8.GetBytes(text)]));

    [Fact]
    public void However_the_bytes_are_cut_the_lines_are_the_same()
    {
        Random random = Seeded.Create(output);
        string[] pieces = ["a", "\n", "\r\n", "\r", "ü", "€", "😀", "long text without an end ", "\0"];
        for (int round = 0; round < 2000; round++)
        {
            byte[] bytes = [.. Enumerable.Range(0, random.Next(40)).SelectMany(_ => Encoding.UTF8.GetBytes(pieces[random.Next(pieces.Length)]))];
            if (random.Next(4) == 0)
            {
                random.NextBytes(bytes); // Not UTF-8 at all.
            }

            Assert.Equal(Decode([bytes]), Decode(Cut(bytes, random)));
        }
    }

    [Fact]
    public void Text_comes_back()
    {
        Random random = Seeded.Create(output);
        for (int round = 0; round < 500; round++)
        {
            string[] lines = [.. Enumerable.Range(0, random.Next(1, 20)).Select(_ => new string('ä', random.Next(200)) + random.Next())];
            Assert.Equal(lines, Decode(Cut(Encoding.UTF8.GetBytes(string.Join('\n', lines)), random)));
        }
    }

    [Fact]
    public void A_line_without_an_end_does_not_grow_without_end()
    {
        LineDecoder decoder = new();
        List<string> lines = [];
        byte[] block = new byte[64 * 1024];
        Array.Fill(block, (byte)'x');
        for (long sent = 0; sent < 3L * LineDecoder.MaxLine; sent += block.Length)
        {
            decoder.Decode(block, lines);
        }

        decoder.Finish(lines);
        Assert.True(lines.Count >= 3);
        Assert.All(lines, line => Assert.True(line.Length <= LineDecoder.MaxLine + block.Length));
        Assert.Equal(3L * LineDecoder.MaxLine, lines.Sum(line => (long)line.Length));
    }

    private static List<string> Decode(IEnumerable<byte[]> blocks)
    {
        LineDecoder decoder = new();
        List<string> lines = [];
        foreach (byte[] block in blocks)
        {
            decoder.Decode(block, lines);
        }

        decoder.Finish(lines);
        return lines;
    }

    private static IEnumerable<byte[]> Cut(byte[] bytes, Random random)
    {
        for (int start = 0; start < bytes.Length;)
        {
            int length = Math.Min(bytes.Length - start, random.Next(1, 8));
            yield return bytes[start..(start + length)];
            start += length;
        }
    }
}
