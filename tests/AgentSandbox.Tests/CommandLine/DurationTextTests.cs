using AgentSandbox.Host.CommandLine.Options;

namespace AgentSandbox.Tests.CommandLine;

public class DurationTextTests
{
    [Theory]
    [InlineData("10", 10_000)]
    [InlineData("0.25", 250)]
    [InlineData("10s", 10_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("500ms", 500)]
    [InlineData("2m", 120_000)]
    [InlineData("2min", 120_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("1h30m", 5_400_000)]
    [InlineData("7d", 604_800_000)]
    [InlineData("1d1h1m1s1ms", 90_061_001)]
    [InlineData("01:30:00", 5_400_000)]
    [InlineData("1:00:00", 3_600_000)]
    [InlineData("1.00:00:00", 86_400_000)]
    [InlineData("0", 0)]
    public void Reads_what_people_type(string text, long milliseconds)
    {
        Assert.True(DurationText.TryParse(text, out TimeSpan duration));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("s")]
    [InlineData("-1")]
    [InlineData("-1s")]
    [InlineData("+1s")]
    [InlineData("1e3")]
    [InlineData("1 s")]
    [InlineData("1h30")]
    [InlineData("10 ")]
    [InlineData("1..5s")]
    [InlineData(".")]
    [InlineData("1S")]
    [InlineData("1y")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("1:2")]
    [InlineData("-01:00:00")]
    [InlineData("36501d")]
    [InlineData("99999999999999999999999999999999s")]
    [InlineData("79228162514264337593543950335d")]
    [InlineData("36500d36500d")]
    [InlineData("١s")]
    [InlineData("1s\n")]
    public void Refuses_everything_else(string text) => Assert.False(DurationText.TryParse(text, out _));

    [Fact]
    public void Never_throws_whatever_comes()
    {
        var random = new Random(20260101);
        const string Alphabet = "0123456789.:smhd -+e\u0000\u0661";
        for (int i = 0; i < 20_000; i++)
        {
            string text = new([.. Enumerable.Range(0, random.Next(0, 40)).Select(_ => Alphabet[random.Next(Alphabet.Length)])]);
            if (DurationText.TryParse(text, out TimeSpan duration))
            {
                Assert.InRange(duration, TimeSpan.Zero, TimeSpan.FromDays(36500));
            }
        }
    }
}
