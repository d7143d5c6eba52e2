using AgentSandbox.Isolation;
using AgentSandbox.Isolation.Observation;

namespace AgentSandbox.Tests.Isolation;

public class PayloadMountsTests
{
    [Theory]
    [InlineData("36 35 0:39 / / rw,relatime - overlay overlay rw,lowerdir=/a", "/")]
    [InlineData("36 35 0:39 / / ro,relatime - overlay overlay rw,lowerdir=/a", null)]
    [InlineData("36 35 0:39 / / rw,relatime master:2 shared:3 - ext4 /dev/vda ro,discard", null)]
    [InlineData("36 35 254:0 /v /data rw - ext4 /dev/vda rw", "/data")]
    [InlineData("36 35 0:5 / /tmp rw - tmpfs tmpfs rw,size=64k", null)]
    [InlineData("36 35 0:5 / /proc rw - proc proc rw", null)]
    [InlineData("36 35 0:5 / /new rw - filesystem-of-next-year none rw", "/new")]
    public void What_can_be_written_and_is_not_memory_counts(string line, string? expected) =>
        Assert.Equal(expected is null ? [] : [expected], PayloadMounts.WritableOnDisk([line, "1 0 0:1 / / ro - overlay overlay rw"]));

    [Fact]
    public void A_root_that_is_no_mount_may_be_anything() => Assert.Equal(["/"], PayloadMounts.WritableOnDisk(["36 35 0:5 / /proc rw - proc proc rw"]));

    [Theory]
    [InlineData("")]
    [InlineData("36 35 0:39 / /")]
    [InlineData("36 35 0:39 / / rw - overlay")]
    public void A_line_of_another_form_is_no_answer(string line) => Assert.Throws<ProbeFailedException>(() => PayloadMounts.WritableOnDisk([line]));
}
