using AgentSandbox.Isolation;
using AgentSandbox.Isolation.Observation;
using AgentSandbox.Isolation.Probes;

namespace AgentSandbox.Tests.Isolation;

public class MountLineTests
{
    [Fact]
    public void Peer_groups_are_read_wherever_they_stand()
    {
        IReadOnlyList<MountLine> mounts = MountLine.ParseAll(["36 35 98:0 /m /a\\040b rw,noatime master:1 shared:7 - ext3 /dev/root rw,errors=continue", "37 35 98:0 / /c ro - ext3 /dev/root rw"]);
        Assert.Equal(("/a b", 7, 1, false), (mounts[0].Point, mounts[0].SharedWith, mounts[0].ReceivesFrom, mounts[0].IsReadOnly));
        Assert.Equal(("/c", null, null, true), (mounts[1].Point, mounts[1].SharedWith, mounts[1].ReceivesFrom, mounts[1].IsReadOnly));
    }

    [Fact]
    public void A_path_is_on_the_deepest_mount_above_it_and_the_last_at_one_place()
    {
        IReadOnlyList<MountLine> mounts = MountLine.ParseAll(
            ["1 0 0:1 / / rw - overlay o rw", "2 1 0:2 / /usr rw - ext4 d rw", "3 1 0:3 / /usr ro - ext4 e rw", "4 1 0:4 / /usr/local rw - tmpfs t rw"]);
        Assert.True(MountLine.Of(mounts, "/usr/bin")!.IsReadOnly);
        Assert.Equal("tmpfs", MountLine.Of(mounts, "/usr/local")!.Type);
        Assert.Equal("overlay", MountLine.Of(mounts, "/usrx")!.Type);
        Assert.Null(MountLine.Of([mounts[1]], "/etc"));
    }

    [Theory]
    [InlineData("rw,lowerdir=/a:/b,upperdir=/u,workdir=/w", "/a|/b")]
    [InlineData("rw,lowerdir+=/a,lowerdir+=/b:c,upperdir=/u", "/a|/b:c")] // Linux 6.5's way to say it
    [InlineData("rw,lowerdir=/a\\134:b:/c", "/a:b|/c")]
    [InlineData("rw,upperdir=/u", "")]
    public void Lower_layers_are_told(string options, string expected) =>
        Assert.Equal(expected, string.Join('|', MountLine.ParseAll(["1 0 0:1 / / rw - overlay o " + options])[0].LowerFolders()));

    [Fact]
    public void What_is_no_overlay_has_no_layers() => Assert.Empty(MountLine.ParseAll(["1 0 0:1 / / rw - btrfs o rw,lowerdir=/a"])[0].LowerFolders());

    [Theory]
    [InlineData("rw,lowerdir=l/ABC")] // Relative to a folder that only the engine knows.
    [InlineData("rw,lowerdir=/no/such/folder")]
    public void An_image_that_is_not_here_is_not_judged(string options) =>
        Assert.Throws<ProbeFailedException>(() => BaseFolder.Of(MountLine.ParseAll(["1 0 0:1 / / rw - overlay o " + options])));

    [Theory]
    [InlineData("/", "/srv/image", "/usr/bin", "/usr/bin")]
    [InlineData("/", "/srv/image", "/", "/")]
    [InlineData("/usr", "/usr", "/usr/bin", "/bin")]
    [InlineData("/usr", "/usr", "/usr", "/")]
    [InlineData("/usr", "/usr", "/usrx", null)]
    [InlineData("/usr", "/usr", "/", null)]
    public void A_folder_of_the_sandbox_has_its_place_in_the_base(string inside, string host, string folder, string? expected) =>
        Assert.Equal(expected, new BaseFolder(inside, host).Translate(folder));

    [Theory]
    [InlineData("shared:5", IsolationVerdict.Exposed)]
    [InlineData("shared:6", IsolationVerdict.Isolated)] // a group of the sandbox's own
    [InlineData("master:5", IsolationVerdict.Isolated)]
    [InlineData("shared:6 master:5", IsolationVerdict.Isolated)]
    [InlineData("unbindable", IsolationVerdict.Isolated)]
    public void Only_a_peer_of_the_hosts_mounts_is_an_opening(string fields, IsolationVerdict verdict)
    {
        IsolationFinding finding = PropagationProbe.Compare(
            "The payload", MountLine.ParseAll([$"9 1 0:9 / /data rw {fields} - ext4 d rw"]), MountLine.ParseAll(["1 0 0:1 / / rw shared:5 - ext4 d rw"]));
        Assert.Equal((verdict, IsolationObserver.Host), (finding.Verdict, finding.ObservedBy));
        Assert.Equal(fields.Contains(":5", StringComparison.Ordinal), finding.Evidence.Contains("/data", StringComparison.Ordinal));
    }
}
