using AgentSandbox.Isolation;
using AgentSandbox.Isolation.Wsl;

namespace AgentSandbox.Tests.Isolation.Wsl;

public class WslTextTests
{
    [Theory]
    [InlineData("", true, true)]
    [InlineData("[automount]\nenabled=false\n[interop]\nenabled=false\n", false, false)]
    [InlineData("[automount]\r\n enabled = False # not wanted\r\n", false, true)]
    [InlineData("[Interop]\nENABLED = \"false\"\nappendWindowsPath=false", true, false)]
    [InlineData("enabled=false\n[boot]\nenabled=false\n", true, true)] // no section, or another's
    [InlineData("#[automount]\n[network]\n#enabled=false\n", true, true)]
    [InlineData("[automount]\nenabled=maybe\n[interop]\nenabled\n", true, true)] // what is not "off" is on
    [InlineData("[automount]\nenabled=false\nenabled=true\n", true, true)]
    public void The_settings_of_a_distribution_are_read(string text, bool automount, bool interop)
    {
        var read = WslConfiguration.Parse(text);
        Assert.Equal((automount, interop), (read.AutomountsDrives, read.StartsWindowsPrograms));
    }

    [Fact]
    public void Any_text_has_a_meaning_and_only_off_is_off()
    {
        string[] pieces = ["[", "]", "automount", "interop", "enabled", "=", "\n", " ", "#", "true", "1", "\"", "é", "\0", "[automount]\n"];
        var random = new Random(11);
        for (int i = 0; i < 5000; i++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(20)).Select(_ => pieces[random.Next(pieces.Length)]));
            Assert.Equal(new WslConfiguration(), WslConfiguration.Parse(text));
        }
    }

    [Theory]
    [InlineData("6.6.87.2-microsoft-standard-WSL2", true)]
    [InlineData("4.4.0-19041-Microsoft", true)]
    [InlineData("6.18.44-generic", false)]
    [InlineData("", false)]
    public void The_kernel_says_whether_there_is_a_Windows_around(string release, bool isWsl)
    {
        WslSurroundings here = WslSurroundings.OfThisMachine with { KernelRelease = release };
        Assert.Equal(isWsl, here.IsWsl);
        Assert.Equal(isWsl, here.WhyNot is null);
    }

    [Theory]
    [InlineData("81 60 0:52 / /mnt/c rw,noatime - 9p C:\\134 rw,dirsync,aname=drvfs;path=C:\\;uid=0", "/mnt/c")]
    [InlineData("81 60 0:52 / /mnt/my\\040drive rw,noatime - virtiofs drvfs rw", "/mnt/my drive")]
    [InlineData("81 60 0:52 / /mnt/d rw - drvfs D: rw", "/mnt/d")]
    [InlineData("81 60 8:32 / / rw,relatime - ext4 /dev/sdc rw,discard", null)]
    [InlineData("81 60 8:32 / /mnt/c rw,relatime - ext4 /dev/sdc rw", null)] // a folder of that name is no drive
    [InlineData("81 60 8:32 / /9p rw,relatime shared:1 master:2 - tmpfs 9p rw", null)]
    public void Only_the_type_makes_a_file_system_Windows_own(string line, string? point) =>
        Assert.Equal(point is null ? [] : [point], WindowsMounts.In([line], WslSurroundings.OfThisMachine.FileSystemTypes));

    [Theory]
    [InlineData("")]
    [InlineData("81 60 0:52 / /mnt/c")]
    [InlineData("81 - 9p")]
    public void A_line_of_another_form_is_no_answer(string line) => Assert.Throws<ProbeFailedException>(() => WindowsMounts.In([line], WslSurroundings.OfThisMachine.FileSystemTypes));
}
