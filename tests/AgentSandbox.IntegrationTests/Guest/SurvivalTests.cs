using System.Diagnostics;
using System.Globalization;
using AgentSandbox.Protocol;

namespace AgentSandbox.IntegrationTests.Guest;

/// <summary>The guest goes on serving whatever its commands do to it and to the machine they share.</summary>
public sealed class SurvivalTests
{
    [Fact]
    public void As_the_first_process_it_reaps_all_and_obeys_signals_from_outside_only()
    {
        using var guest = new GuestProcess([], wrapper: ["/usr/bin/unshare", "--pid", "--fork", "--mount-proc"]);
        using GuestClient client = guest.Connect();
        client.Shell("(setsid sleep 0.1 &); kill -KILL 1; kill -STOP 1; kill -TERM 1; kill -37 1; kill -INT 1; kill -HUP 1; kill -PIPE 1; kill -CHLD 1");
        Thread.Sleep(500);
        Assert.Equal("0\n", client.Shell("grep -l '^State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l").Text);

        uint channel = client.Open("/bin/sh", "-c", "echo up; sleep 300");
        client.Until(channel, o => o.Text == "up\n");
        string child = File.ReadAllText($"/proc/{guest.Id}/task/{guest.Id}/children").Trim();
        GuestProcess.Signal(int.Parse(child, CultureInfo.InvariantCulture), 37); // SIGRTMIN+3, what systemd-nspawn sends.
        Assert.Equal(15, client.Finish(channel).Exit!.Signal);
        Assert.Equal(0, guest.WaitForExit());
    }

    [Fact]
    public void Forks_without_end_up_to_the_process_limit_leave_the_guest_able_to_serve_and_to_end_them()
    {
        const string User = "23456"; // Nobody else's, for the kernel counts by user.
        using var guest = new GuestProcess(["--run-as", $"{User}:{User}", "--no-new-privileges"], wrapper: ["/usr/bin/prlimit", "--nproc=60"]);
        using GuestClient bomber = guest.Connect();
        using GuestClient client = guest.Connect();
        uint bomb = bomber.Open("perl", "-e", "$| = 1; print 'go'; while (1) { fork; }");
        bomber.Until(bomb, o => o.Text.Length > 0);
        Outcome? refused = null;
        for (var clock = Stopwatch.StartNew(); refused?.Fail is null && clock.Elapsed < TimeSpan.FromSeconds(20); refused = client.Run("/bin/true"))
        {
        }

        Assert.Equal(FailKind.ResourceExhausted, refused?.Fail?.Kind);
        client.SendFrame(FrameType.Ping, 0, 0, "alive"u8);
        Assert.Equal(FrameType.Pong, client.Receive()!.Type);

        bomber.SendSignal(bomb, 9, SignalScope.All);
        Assert.Equal(9, bomber.Finish(bomb).Exit!.Signal);
        Outcome? after = null;
        for (var clock = Stopwatch.StartNew(); after?.Exit is null && clock.Elapsed < TimeSpan.FromSeconds(20); after = client.Run("/bin/true"))
        {
        }

        Assert.Equal(0, after?.Exit?.ExitCode);
        Assert.Equal("0\n", client.Shell("pgrep -u " + User + " -x perl | wc -l").Text);
    }

    [Fact]
    public void A_passwd_that_is_a_pipe_blocks_nobody()
    {
        string root = Directory.CreateTempSubdirectory("agsb-root-").FullName;
        try
        {
            File.Copy(GuestProcess.Program, Path.Combine(root, "program"));
            Directory.CreateDirectory(Path.Combine(root, "etc"));
            using (var mkfifo = Process.Start("mkfifo", [Path.Combine(root, "etc/passwd"), Path.Combine(root, "etc/group")]))
            {
                mkfifo.WaitForExit();
            }

            using var guest = new GuestProcess(["--chroot", root]);
            using GuestClient client = guest.Connect();
            Assert.Equal(2, client.Run("/program").Exit!.ExitCode);
            Assert.Equal(FailKind.User, client.Run(new OpenMessage { Arguments = ["/program"], User = "nobody" }).Fail!.Kind);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }
}
