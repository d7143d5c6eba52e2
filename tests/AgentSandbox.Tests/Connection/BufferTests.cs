using AgentSandbox.Connection;
using Xunit.Abstractions;

namespace AgentSandbox.Tests.Connection;

public sealed class BufferTests(ITestOutputHelper output)
{
    [Fact]
    public void A_ring_is_a_queue_whatever_the_sizes()
    {
        Random random = Seeded.Create(output);
        var ring = new ByteRing();
        var model = new Queue<byte>();
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = new byte[random.Next(random.Next(2) == 0 ? 10 : 9000)];
            if (random.Next(2) == 0 && model.Count < 300_000)
            {
                random.NextBytes(bytes);
                ring.Write(bytes);
                Array.ForEach(bytes, model.Enqueue);
            }
            else
            {
                int count = ring.Read(bytes);
                Assert.Equal(Math.Min(bytes.Length, model.Count), count);
                Assert.All(bytes[..count], b => Assert.Equal(model.Dequeue(), b));
            }

            if (random.Next(1000) == 0)
            {
                ring.Clear();
                model.Clear();
            }

            Assert.Equal(model.Count, ring.Count);
        }
    }

    [Theory]
    [InlineData(null, "")]
    [InlineData("", "")]
    [InlineData("plain ü 🙂", "plain ü 🙂")]
    [InlineData("\u001b[31mred\u001b[0m", "[31mred[0m")]
    [InlineData("a\r\nb\tc\0d\u007fe\u0085f\u009bg", "abcdefg")]
    [InlineData("a\u202Eb\u2066c\u200Bd\uFEFFe\u2028f\u2029g", "abcdefg")]
    [InlineData("a\U000E0041b", "ab")]
    public void Text_of_a_guest_is_harmless(string? text, string clean) => Assert.Equal(clean, GuestText.Clean(text));

    [Fact]
    public void Half_a_character_of_a_guest_becomes_a_whole_one() => Assert.Equal("a\uFFFDb", GuestText.Clean("a\ud800b")); // No InlineData: attributes are UTF-8.

    [Fact]
    public void Text_of_a_guest_is_short_and_whole()
    {
        foreach (string unit in new[] { "x", "🙂" })
        {
            string clean = GuestText.Clean(string.Concat(Enumerable.Repeat(unit, 10_000)));
            Assert.InRange(clean.Length, GuestText.MaxLength - 2, GuestText.MaxLength);
            Assert.EndsWith(unit + "…", clean, StringComparison.Ordinal);
        }
    }
}
