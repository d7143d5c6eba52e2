using System.Text;
using AgentSandbox.Terminals;

namespace AgentSandbox.Tests.Terminals;

public sealed class EscapeKeyTests
{
    [Fact]
    public void Three_times_within_a_second_is_the_way_out()
    {
        var key = new EscapeKey();
        Assert.Equal(-1, key.Find("\x1d"u8, 0));
        Assert.Equal(-1, key.Find("\x1d"u8, 500));
        Assert.Equal(0, key.Find("\x1d"u8, 1000));
        Assert.Equal(5, key.Find("abc\x1d\x1d\x1d"u8, 2000));
    }

    [Fact]
    public void Slower_or_with_something_between_it_is_typed()
    {
        var key = new EscapeKey();
        Assert.Equal(-1, key.Find("\x1d\x1d"u8, 0));
        Assert.Equal(-1, key.Find("\x1d"u8, 1001));
        Assert.Equal(-1, key.Find("\x1dx\x1d\x1d"u8, 1100));
        Assert.Equal(-1, key.Find(Encoding.ASCII.GetBytes("x\x1d"), 1200));
    }
}
