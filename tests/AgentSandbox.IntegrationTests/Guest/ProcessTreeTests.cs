using System.Diagnostics;
using System.Globalization;
using AgentSandbox.Protocol;

namespace AgentSandbox.IntegrationTests.Guest;

/// <summary>Signals reach whom they are meant for, however far a process has run from its command, and nobody else.</summary>
public sealed class ProcessTreeTests : IDisposable
{
    /// <summary>Leaves session, group, parent and environment behind.</summary>
    private const string Escape = "(setsid env -i /bin/sh -c 'setsid sleep 300 & echo $!; wait' & ) ; sleep 0.3; echo ready; ";

    private readonly GuestProcess _guest = new();
    private readonly GuestClient _client;

    public ProcessTreeTests() => _client = _guest.Connect();

    public void Dispose()
    {
        _client.Dispose();
        _guest.Dispose();
    }

    [Fact]
    public void All_reaches_a_grandchild_that_has_left_session_parent_and_environment()
    {
        uint channel = _client.Open("/bin/sh", "-c", Escape + "sleep 300");
        int escaped = FirstNumber(_client.Until(channel, o => o.Text.Contains("ready", StringComparison.Ordinal)));
        _client.SendSignal(channel, 15, SignalScope.Group);
        Assert.Equal(15, _client.Finish(channel).Exit!.Signal);
        Assert.True(Lives(escaped));

        uint second = _client.Open("/bin/sh", "-c", Escape + "sleep 300");
        int reached = FirstNumber(_client.Until(second, o => o.Text.Contains("ready", StringComparison.Ordinal)));
        _client.SendSignal(second, 9, SignalScope.All);
        Assert.Equal(9, _client.Finish(second).Exit!.Signal);
        Assert.True(Eventually(() => !Lives(reached)));
        Assert.True(Lives(escaped)); // Another command's.
        Assert.Equal(0, _client.Shell($"kill {escaped}").Exit!.ExitCode);
    }

    [Fact]
    public void A_signal_to_the_leader_reaches_only_the_leader()
    {
        uint channel = _client.Open("/bin/sh", "-c", "trap 'echo leader' USR1; /bin/sh -c \"trap 'echo child' USR1; echo up; while :; do sleep 0.05; done\" & while :; do wait; done");
        _client.Until(channel, o => o.Text == "up\n");
        _client.SendSignal(channel, 10, SignalScope.Leader);
        _client.Until(channel, o => o.Text == "up\nleader\n");
        _client.SendSignal(channel, 10, SignalScope.Group);
        Outcome outcome = _client.Until(channel, o => o.Text.Length == "up\nleader\nleader\nchild\n".Length);
        Assert.Contains("child", outcome.Text, StringComparison.Ordinal);
        _client.SendSignal(channel, 9, SignalScope.All);
        Assert.Equal(9, _client.Finish(channel).Exit!.Signal);
    }

    [Fact]
    public void Processes_that_fork_without_end_do_not_escape()
    {
        using var stranger = Process.Start("sleep", "300");
        uint channel = _client.Open("/bin/sh", "-c", "f() { sleep 300 & (setsid sleep 300 &) ; sleep 0.01; f & }; echo go; f; f; sleep 300");
        _client.Until(channel, o => o.Text == "go\n");
        Thread.Sleep(500);
        ulong marker = MarkerOf(_client, channel);
        _client.SendSignal(channel, 9, SignalScope.All);
        _client.Finish(channel);
        Assert.True(Eventually(() => !ProcessesWith(marker).Any()));
        Assert.False(stranger.HasExited);
        stranger.Kill();
    }

    [Fact]
    public void Close_ends_everything_and_then_answers()
    {
        uint channel = _client.Open("/bin/sh", "-c", Escape + "sleep 300");
        int escaped = FirstNumber(_client.Until(channel, o => o.Text.Contains("ready", StringComparison.Ordinal)));
        _client.SendFrame(FrameType.Close, channel);
        Assert.Equal(15, _client.Finish(channel).Exit!.Signal);
        Assert.False(Lives(escaped));
    }

    [Fact]
    public void Close_kills_what_does_not_end_by_itself()
    {
        uint channel = _client.Open("/bin/sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.1; done");
        _client.Until(channel, o => o.Text == "up\n");
        _client.SendFrame(FrameType.Close, channel);
        Assert.Equal(9, _client.Finish(channel).Exit!.Signal);
    }

    [Fact]
    public void A_stopped_command_can_be_closed()
    {
        uint channel = _client.Open("/bin/sh", "-c", "echo up; kill -STOP $$");
        _client.Until(channel, o => o.Text == "up\n");
        _client.SendFrame(FrameType.Close, channel);
        Assert.Equal(15, _client.Finish(channel).Exit!.Signal);
    }

    [Fact]
    public void A_lost_connection_ends_its_commands_and_no_others()
    {
        using GuestClient other = _guest.Connect();
        uint survivor = other.Open("/bin/sh", "-c", "echo $$; sleep 300");
        int survives = FirstNumber(other.Until(survivor, o => o.Text.Length > 0));
        GuestClient lost = _guest.Connect();
        uint channel = lost.Open("/bin/sh", "-c", Escape + "echo $$; sleep 300");
        string[] numbers = lost.Until(channel, o => o.Text.Split('\n').Length > 3).Text.Split('\n');
        lost.Dispose();
        Assert.True(Eventually(() => numbers.All(n => !int.TryParse(n, out int pid) || !Lives(pid))));
        Assert.True(Lives(survives));
    }

    [Fact]
    public void Sigterm_to_the_guest_ends_commands_before_it_ends_itself()
    {
        using var guest = new GuestProcess();
        using GuestClient client = guest.Connect();
        uint channel = client.Open("/bin/sh", "-c", "trap 'echo bye; exit 7' TERM; echo $$; while :; do sleep 0.05; done");
        int pid = FirstNumber(client.Until(channel, o => o.Text.Length > 0));
        guest.Signal(15);
        Assert.Equal(7, client.Finish(channel).Exit!.ExitCode);
        Assert.Equal(0, guest.WaitForExit());
        Assert.False(Lives(pid));
    }

    [Fact]
    public void Orphans_are_reaped()
    {
        string pid = _client.Shell("(sleep 0.2 & echo $!)").Text.Trim();
        Assert.True(Eventually(() => !Directory.Exists("/proc/" + pid)));
    }

    private static ulong MarkerOf(GuestClient client, uint channel)
    {
        // The leader's limit is what all its processes carry; its number is in OPENED, which the client has booked. Find it by its children.
        _ = client;
        _ = channel;
        int sleep = Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(n => int.TryParse(n, out _)).Select(n => int.Parse(n!, CultureInfo.InvariantCulture))
            .First(p => CommandLine(p).Contains("f() { sleep 300", StringComparison.Ordinal));
        return Limit(sleep);
    }

    private static IEnumerable<int> ProcessesWith(ulong marker) => Directory.EnumerateDirectories("/proc").Select(Path.GetFileName)
        .Where(n => int.TryParse(n, out _)).Select(n => int.Parse(n!, CultureInfo.InvariantCulture)).Where(p => Lives(p) && Limit(p) == marker);

    private static string CommandLine(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline");
        }
        catch (IOException)
        {
            return ""; // It has ended.
        }
    }

    private static ulong Limit(int pid)
    {
        try
        {
            string line = File.ReadLines($"/proc/{pid}/limits").First(l => l.StartsWith("Max realtime timeout", StringComparison.Ordinal));
            return ulong.TryParse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[4], out ulong hard) ? hard : 0;
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            return 0; // It has ended.
        }
    }

    private static int FirstNumber(Outcome outcome) =>
        int.Parse(outcome.Text.Split('\n').First(l => int.TryParse(l, out _)), CultureInfo.InvariantCulture);

    private static bool Lives(int pid)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
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
