using System.Globalization;
using AgentSandbox.Protocol;

namespace AgentSandbox.IntegrationTests.Guest;

/// <summary><c>serve --stdio</c> as the first process of a process namespace, as a container's entry point is.</summary>
public sealed class FirstProcessTests : IDisposable
{
    private static readonly string[] Namespace = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"];
    private readonly string _folder = Directory.CreateTempSubdirectory("agsb-init-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void It_goes_on_as_init_when_its_connection_ends_and_ends_when_asked()
    {
        using var guest = new StandardStreamsGuest(Namespace);
        GuestClient client = guest.Connect();
        uint channel = client.Open("/bin/sh", "-c", "echo $$; sleep 300");
        client.Until(channel, o => o.Text.EndsWith('\n'));
        int first = guest.Child();
        Assert.True(Numbers(first).Length > 1);
        guest.EndInput();
        Assert.True(Eventually(() => Numbers(first).Length == 1)); // Its command is ended.
        using (StandardStreamsGuest second = Beside(first))
        using (GuestClient other = second.Connect())
        {
            Assert.Equal("0\n", other.Shell("cut -d' ' -f4 /proc/$PPID/stat").Text); // A parent that is not in here.
            other.Shell("(sleep 0.1 &)");
            Assert.Equal(0, other.Shell("kill -TERM 1; kill -KILL 1; kill -STOP 1; kill -37 1").Exit!.ExitCode); // Nothing of it matters to the first.
            second.EndInput();
            Assert.Equal(0, second.WaitForExit());
        }

        Assert.True(guest.IsAlive);
        GuestProcess.Signal(first, 15);
        Assert.Equal(0, guest.WaitForExit());
    }

    [Fact]
    public void It_ends_with_its_input_if_told_to()
    {
        using var guest = new StandardStreamsGuest(Namespace, "--end-with-input");
        GuestClient client = guest.Connect();
        client.Shell($"(trap 'echo ended > {_folder}/background; exit' TERM; while :; do sleep 0.02; done) >/dev/null 2>&1 & sleep 0.2");
        guest.EndInput();
        Assert.Equal(0, guest.WaitForExit());
        Assert.Equal("ended\n", File.ReadAllText(_folder + "/background"));
    }

    [Fact]
    public void Nobody_has_to_be_attached()
    {
        using var guest = StandardStreamsGuest.Of("/bin/sh", "-c", $"exec {string.Join(' ', Namespace)} \"$0\" serve --stdio </dev/null", GuestProcess.Program);
        int first = guest.Child();
        using (StandardStreamsGuest second = Beside(first))
        using (GuestClient client = second.Connect())
        {
            Assert.Equal("here\n", client.Shell("echo here").Text);
        }

        GuestProcess.Signal(first, 37);
        Assert.Equal(0, guest.WaitForExit());
    }

    [Fact]
    public void A_shutdown_ends_the_servers_beside_it_and_everybody_in_the_background()
    {
        using var guest = new StandardStreamsGuest(Namespace);
        using GuestClient own = guest.Connect();
        using StandardStreamsGuest second = Beside(guest.Child());
        using GuestClient other = second.Connect();
        own.Shell($"(trap 'echo ended >> {_folder}/background; exit' TERM; while :; do sleep 0.02; done) >/dev/null 2>&1 & sleep 0.1");
        own.Shell("(trap '' TERM; while :; do sleep 0.1; done) >/dev/null 2>&1 & sleep 0.1"); // Ends with the first process.
        uint mine = own.Open("/bin/sh", "-c", "trap 'exit 7' TERM; echo up; while :; do sleep 0.02; done");
        own.Until(mine, o => o.Text == "up\n");
        uint others = other.Open("/bin/sh", "-c", $"trap 'echo once >> {_folder}/once; exit 8' TERM; echo up; while :; do sleep 0.02; done");
        other.Until(others, o => o.Text == "up\n");
        GuestProcess.Signal(guest.Child(), 15);
        Assert.Equal(7, own.Finish(mine).Exit!.ExitCode);
        Assert.Equal(8, other.Finish(others).Exit!.ExitCode);
        Assert.Equal(0, second.WaitForExit());
        Assert.Equal(0, guest.WaitForExit());
        Assert.Equal("ended\n", File.ReadAllText(_folder + "/background"));
        Assert.Equal("once\n", File.ReadAllText(_folder + "/once"));
    }

    [Fact]
    public void It_ends_when_nothing_ran_for_a_while_and_not_while_another_server_is_busy()
    {
        using var guest = new StandardStreamsGuest(Namespace, "--idle-timeout", "3");
        using StandardStreamsGuest second = Beside(guest.Child());
        using GuestClient other = second.Connect();
        other.Shell("sleep 7");
        Assert.True(guest.IsAlive);
        other.Shell("true");
        Assert.Equal(0, guest.WaitForExit());
        Assert.Equal(0, second.WaitForExit());
    }

    [Fact]
    public void Short_commands_of_short_servers_count_as_activity()
    {
        using var guest = new StandardStreamsGuest(Namespace, "--idle-timeout", "3");
        int first = guest.Child();
        for (int i = 0; i < 12; i++)
        {
            using (StandardStreamsGuest second = Beside(first))
            {
                GuestClient client = second.Connect();
                client.Run("true");
                second.EndInput();
                Assert.Equal(0, second.WaitForExit());
            }

            Thread.Sleep(500);
        }

        Assert.True(guest.IsAlive);
        Assert.Equal(0, guest.WaitForExit());
    }

    [Fact]
    public void A_command_can_not_pass_for_a_busy_server()
    {
        using var guest = new StandardStreamsGuest(Namespace, "--idle-timeout", "2");
        using GuestClient client = guest.Connect();
        // In the background, with the name of a server that works.
        client.Shell($"cp /bin/sleep '{_folder}/guest:9'; setsid '{_folder}/guest:9' 300 >/dev/null 2>&1 & sleep 0.1");
        Assert.Equal(0, guest.WaitForExit());
    }

    [Fact]
    public void The_end_of_its_time_is_everybodys()
    {
        using var guest = new StandardStreamsGuest(Namespace, "--expires", StandardStreamsTests.Soon(3));
        using GuestClient client = guest.Connect();
        uint channel = client.Open("/bin/sh", "-c", "trap '' TERM; (setsid sleep 300 &); echo up; while :; do sleep 0.05; done");
        client.Until(channel, o => o.Text == "up\n");
        int first = guest.Child();
        int[] all = Numbers(first);
        Assert.True(all.Length > 2);
        Assert.Equal(0, guest.WaitForExit());
        Assert.True(Eventually(() => all.All(pid => !Directory.Exists($"/proc/{pid}"))));
    }

    [Fact]
    public void An_ordinary_user_without_capabilities_is_enough()
    {
        string[] user = ["setpriv", "--reuid", "65532", "--regid", "65532", "--clear-groups", "--bounding-set", "-all", "--inh-caps", "-all", "--no-new-privs"];
        using var guest = new StandardStreamsGuest([.. Namespace, .. user], "--no-new-privileges", "--drop-capabilities", "--seccomp");
        using GuestClient client = guest.Connect();
        Assert.Equal("65532 /\n", client.Shell("echo $(id -u) $HOME $(grep -E '^Cap(Prm|Eff|Inh|Amb|Bnd)' /proc/self/status | grep -v 0000000000000000)").Text);
        Assert.Equal("/tmp\n", client.Run(new OpenMessage { Arguments = ["/bin/sh", "-c", "echo $HOME"], Environment = new Dictionary<string, string> { ["HOME"] = "/tmp" } }).Text);
        foreach (string other in (string[])["root", "0", "1", "65532:0"])
        {
            Assert.Equal((FailKind.User, 1), Failure(client.Run(new OpenMessage { Arguments = ["id"], User = other })));
        }

        foreach (string attack in (string[])["echo forged > /proc/1/fd/4", "head -c 1 < /proc/1/fd/3", "head -c 1 /proc/1/environ", "dd if=/proc/1/mem bs=1 count=1", "echo guest:0/0 > /proc/1/comm"])
        {
            Assert.NotEqual(0, client.Shell(attack).Exit!.ExitCode);
        }

        client.Shell("kill -KILL 1; kill -STOP 1; kill -TERM 1");
        Assert.Equal("alive\n", client.Shell("echo alive").Text);
        GuestProcess.Signal(guest.Child(), 15);
        Assert.Equal(0, guest.WaitForExit());
    }

    [Fact]
    public void Capabilities_that_would_remain_are_refused()
    {
        // Root that may not drop its bounding set, and would get all of it back with the next execve(2).
        string[] root = ["setpriv", "--bounding-set", "-setpcap", "--inh-caps", "-all"];
        using var guest = new StandardStreamsGuest([.. Namespace, .. root], "--drop-capabilities");
        using GuestClient client = guest.Connect();
        FailMessage fail = client.Run("true").Fail!;
        Assert.Equal((FailKind.Internal, "capabilities"), (fail.Kind, fail.Stage));
    }

    private static StandardStreamsGuest Beside(int first) =>
        new(["nsenter", "--target", first.ToString(CultureInfo.InvariantCulture), "--pid", "--mount"]);

    private static (string Kind, int Errno) Failure(Outcome outcome) => (outcome.Fail!.Kind, outcome.Fail.Errno);

    /// <summary>Everybody in the namespace of a process, as this process numbers them.</summary>
    private static int[] Numbers(int first)
    {
        string? wanted = NamespaceOf(first);
        return [.. Directory.EnumerateDirectories("/proc").Select(d => int.TryParse(Path.GetFileName(d), out int pid) ? pid : 0).Where(pid => pid > 0 && NamespaceOf(pid) == wanted)];
    }

    private static string? NamespaceOf(int pid)
    {
        try
        {
            return new FileInfo($"/proc/{pid}/ns/pid").LinkTarget;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // It has ended, or is nobody that this process may look at.
        }
    }

    private static bool Eventually(Func<bool> condition) => SpinWait.SpinUntil(
        () =>
        {
            Thread.Sleep(10);
            return condition();
        },
        TimeSpan.FromSeconds(20));
}
