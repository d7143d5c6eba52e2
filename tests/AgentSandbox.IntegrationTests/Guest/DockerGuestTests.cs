using System.Security.Cryptography;
using AgentSandbox.Protocol;

namespace AgentSandbox.IntegrationTests.Guest;

/// <summary>The guest as the entry point of containers that have next to nothing, under runc and under gVisor.</summary>
public sealed class DockerGuestTests(DockerGuestImage image) : IClassFixture<DockerGuestImage>
{
    private const string Escape = "(setsid env -i /bin/sh -c 'setsid sleep 300 & wait' & ) ; ";
    private const string Sleepers = "ps -o comm | grep -c sleep";

    public static TheoryData<string> Runtimes => ["runc", "runsc"];

    [Theory]
    [MemberData(nameof(Runtimes))]
    public void Commands_run_without_rights_accounts_or_a_writable_folder(string runtime)
    {
        using DockerGuest guest = image.Start(runtime, DockerGuestImage.Hardened, ["--end-with-input", "--seccomp"]);
        using GuestClient client = guest.First.Connect();
        Assert.Equal("65532 65532 / /\n", client.Shell("echo $(id -u) $(id -g) $HOME $PWD").Text);
        Assert.Equal("", client.Shell("grep ^Cap /proc/self/status | grep -v 0000000000000000").Text);
        Assert.Equal("Seccomp:\t2\n", client.Shell("grep ^Seccomp: /proc/self/status").Text);
        Assert.Equal("3\n", client.Shell("ls /proc/self/fd | grep -c '^[012]$'").Text);
        Assert.NotEqual(0, client.Shell("touch /file").Exit!.ExitCode);
        foreach (string other in (string[])["0", "1000", "65532:0"])
        {
            FailMessage fail = client.Run(new OpenMessage { Arguments = ["id"], User = other }).Fail!;
            Assert.Equal((FailKind.User, 1), (fail.Kind, fail.Errno));
        }

        guest.First.EndInput();
        Assert.Equal(0, guest.WaitForExit());
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public void Root_without_capabilities_runs_commands_as_root_and_nobody_else(string runtime)
    {
        using DockerGuest guest = image.Start(runtime, [.. DockerGuestImage.Hardened, "--user", "0:0"], ["--end-with-input"]);
        using GuestClient client = guest.First.Connect();
        Assert.Equal("0 0\n", client.Shell("echo $(id -u) $(id -g)").Text);
        Assert.Equal(0, client.Run(new OpenMessage { Arguments = ["true"], User = "0:0" }).Exit!.ExitCode);
        FailMessage fail = client.Run(new OpenMessage { Arguments = ["id"], User = "65532" }).Fail!;
        Assert.Equal((FailKind.User, 1), (fail.Kind, fail.Errno));
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public void An_image_without_programs_is_enough(string runtime)
    {
        using DockerGuest guest = image.Start(runtime, DockerGuestImage.Hardened, ["--end-with-input"], "empty");
        using GuestClient client = guest.First.Connect();
        Assert.True(client.Run(new OpenMessage { Arguments = ["probe"], Self = true }).Opened);
        Assert.Equal(2, client.Run("/.agentsandbox/guest").Exit!.ExitCode);
        Assert.Equal(FailKind.CommandNotFound, client.Shell("true").Fail!.Kind);
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public void The_end_of_a_command_is_the_end_of_what_it_started(string runtime)
    {
        using DockerGuest guest = image.Start(runtime, DockerGuestImage.Hardened, []);
        using StandardStreamsGuest second = guest.Beside();
        using GuestClient own = guest.First.Connect();
        using GuestClient other = second.Connect();
        foreach (GuestClient client in (GuestClient[])[own, other])
        {
            uint channel = client.Open("/bin/sh", "-c", Escape + "sleep 0.5; echo up; sleep 300");
            client.Until(channel, o => o.Text == "up\n");
            Assert.True(SpinWait.SpinUntil(() => own.Shell(Sleepers).Text == "2\n", 20_000));
            client.SendFrame(FrameType.Close, channel);
            Assert.Equal(15, client.Finish(channel).Exit!.Signal);
            Assert.Equal("0\n", own.Shell(Sleepers).Text);
        }

        // The same when the server's host goes away.
        uint last = other.Open("/bin/sh", "-c", Escape + "sleep 0.5; echo up; sleep 300");
        other.Until(last, o => o.Text == "up\n");
        second.EndInput();
        Assert.Equal(0, second.WaitForExit());
        Assert.Equal("0\n", own.Shell(Sleepers).Text);
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task An_engine_that_asks_gets_an_orderly_end(string runtime)
    {
        using DockerGuest guest = image.Start(runtime, DockerGuestImage.Hardened, []);
        using StandardStreamsGuest second = guest.Beside();
        using GuestClient own = guest.First.Connect();
        using GuestClient other = second.Connect();
        const string Line = "trap 'exit 7' TERM; echo up; while :; do sleep 0.05; done";
        uint mine = own.Open("/bin/sh", "-c", Line);
        own.Until(mine, o => o.Text == "up\n");
        uint others = other.Open("/bin/sh", "-c", Line);
        other.Until(others, o => o.Text == "up\n");
        Assert.Equal("alive\n", own.Shell("kill -TERM 1; sleep 0.2; echo alive").Text); // A command asks in vain.
        Task<int> stop = Task.Run(guest.Stop);
        Assert.Equal(7, own.Finish(mine).Exit!.ExitCode);
        Assert.Equal(7, other.Finish(others).Exit!.ExitCode);
        Assert.Equal(0, await stop);
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public void It_ends_when_idle_but_not_while_a_server_beside_it_works(string runtime)
    {
        using DockerGuest guest = image.Start(runtime, DockerGuestImage.Hardened, ["--idle-timeout", "4"]);
        using StandardStreamsGuest second = guest.Beside();
        using GuestClient other = second.Connect();
        other.Shell("sleep 8");
        Assert.True(guest.IsRunning);
        Assert.Equal(0, guest.WaitForExit());
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public void It_ends_when_its_time_is_over(string runtime)
    {
        using DockerGuest guest = image.Start(runtime, DockerGuestImage.Hardened, ["--expires", StandardStreamsTests.Soon(8)]);
        using GuestClient client = guest.First.Connect();
        uint channel = client.Open("/bin/sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.2; done");
        client.Until(channel, o => o.Text == "up\n");
        Assert.Equal(0, guest.WaitForExit());
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public void Sixty_four_commands_at_once_and_much_output_arrive_intact(string runtime)
    {
        const int Size = 20 * 1024 * 1024;
        using DockerGuest guest = image.Start(runtime, [.. DockerGuestImage.Hardened, "--tmpfs", "/tmp:size=64m"], []);
        using StandardStreamsGuest second = guest.Beside();
        using GuestClient client = second.Connect();
        uint[] channels = [.. Enumerable.Range(0, ProtocolLimits.MaxChannels).Select(i => client.Open("/bin/sh", "-c", $"sleep 0.2; echo {i}"))];
        for (int i = 0; i < channels.Length; i++)
        {
            Assert.Equal($"{i}\n", client.Finish(channels[i]).Text);
        }

        Outcome made = client.Shell($"head -c {Size} /dev/urandom > /tmp/f; sha256sum < /tmp/f; cat /tmp/f >&2");
        Assert.Equal(Size, made.Error.Length);
        Assert.Equal(made.Text[..64], Convert.ToHexStringLower(SHA256.HashData(made.Error.GetBuffer().AsSpan(0, Size))));
    }

    /// <summary>
    /// gVisor (release of 2022) lets a process into /proc/PID/fd of any other of its user, and lets it stop and kill the first process: there
    /// the guest is to be root, with the right to make its commands somebody else.
    /// </summary>
    [Theory]
    [InlineData("runc", "65532:65532")]
    [InlineData("runc", "0:0")]
    [InlineData("runsc", "0:0", "--cap-add", "SETUID", "--cap-add", "SETGID", "--cap-add", "KILL", "--cap-add", "SETPCAP", "--cap-add", "SYS_RESOURCE")]
    public void A_command_can_not_get_at_the_connection(string runtime, string user, params string[] options)
    {
        using DockerGuest guest = image.Start(runtime, [.. DockerGuestImage.Hardened, "--user", user, .. options], []);
        using StandardStreamsGuest second = guest.Beside();
        using GuestClient client = second.Connect();
        string? commandUser = options.Length > 0 ? "65532:65532" : null;
        Outcome Attack(string line) => client.Run(new OpenMessage { Arguments = ["/bin/sh", "-c", line], User = commandUser });
        string server = Attack("echo $PPID").Text.Trim();
        foreach (string target in (string[])["1", server])
        {
            foreach (string attack in (string[])["echo forged > /proc/{0}/fd/4", "head -c 1 < /proc/{0}/fd/3", "dd if=/proc/{0}/mem bs=1 count=1", "echo guest:0/0 > /proc/{0}/comm"])
            {
                Assert.NotEqual(0, Attack(attack.Replace("{0}", target, StringComparison.Ordinal)).Exit!.ExitCode);
            }
        }

        // The marks of another user's processes can be read, too.
        uint channel = client.Open(new OpenMessage { Arguments = ["/bin/sh", "-c", Escape + "sleep 0.5; echo up; sleep 300"], User = commandUser });
        client.Until(channel, o => o.Text == "up\n");
        client.SendFrame(FrameType.Close, channel);
        Assert.Equal(15, client.Finish(channel).Exit!.Signal);
        Assert.Equal("0\n", Attack(Sleepers).Text);

        Attack("kill -STOP 1; kill -KILL 1; kill -TERM 1");
        Assert.Equal("alive\n", Attack("echo alive").Text);
        Assert.True(guest.IsRunning);
        Assert.Equal("", Attack("grep ^Cap /proc/self/status | grep -v 0000000000000000").Text);
        Assert.Equal(0, guest.Stop());
    }
}
