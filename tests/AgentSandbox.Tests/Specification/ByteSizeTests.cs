using Xunit.Abstractions;

namespace AgentSandbox.Tests.Specification;

public sealed class ByteSizeTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("1", 1)]
    [InlineData("1b", 1)]
    [InlineData("1k", 1024)]
    [InlineData("64KiB", 65536)]
    [InlineData(" 512 MB ", 512L << 20)]
    [InlineData("1.5g", 3L << 29)]
    [InlineData(".5k", 512)]
    [InlineData("8388607TB", 8388607L << 40)]
    [InlineData("9223372036854775807", long.MaxValue)]
    public void Sizes_are_read(string text, long bytes)
    {
        Assert.True(ByteSize.TryParse(text, out long parsed));
        Assert.Equal(bytes, parsed);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("MB")]
    [InlineData("-1")]
    [InlineData("1,5g")]
    [InlineData("1.5.5")]
    [InlineData(".")]
    [InlineData("1e3")]
    [InlineData("0x10")]
    [InlineData("10 apples")]
    [InlineData("1MBB")]
    [InlineData("8388608TB")]
    [InlineData("9223372036854775808")]
    [InlineData("99999999999999999999999999999999999999")]
    [InlineData("٣")]
    public void What_is_no_size_is_refused(string? text)
    {
        Assert.False(ByteSize.TryParse(text, out long bytes));
        Assert.Equal(0, bytes);
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1 KB")]
    [InlineData(512L << 20, "512 MB")]
    [InlineData(3L << 29, "1.5 GB")]
    public void Sizes_are_written(long bytes, string text) => Assert.Equal(text, ByteSize.Format(bytes));

    [Fact]
    public void What_is_written_can_be_read_and_is_as_exact_as_one_decimal()
    {
        Random random = Seeded.Create(output);
        for (int round = 0; round < 10_000; round++)
        {
            long bytes = random.NextInt64(1L << random.Next(1, 49));
            Assert.True(ByteSize.TryParse(ByteSize.Format(bytes), out long read), ByteSize.Format(bytes));
            Assert.True(Math.Abs(read - bytes) <= (bytes / 19) + 1, $"{bytes} -> {ByteSize.Format(bytes)} -> {read}");
        }
    }
}
