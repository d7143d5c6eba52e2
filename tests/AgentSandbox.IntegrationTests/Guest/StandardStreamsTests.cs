using System.Globalization;
using System.Security.Cryptography;
using AgentSandbox.Protocol;

namespace AgentSandbox.IntegrationTests.Guest;

/// <summary><c>serve --stdio</c> beside other processes, as docker exec starts it: one connection over pipes, which the guest ends with.</summary>
public sealed class StandardStreamsTests
{
    [Fact]
    public void Commands_get_streams_of_their_own_and_nothing_of_the_connection()
    {
        using var guest = new StandardStreamsGuest([]);
        using GuestClient client = guest.Connect();
        string[] links = client.Shell("readlink /proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2; ls /proc/self/fd | wc -l").Text.Split('\n');
        Assert.Equal("/dev/null", links[0]);
        Assert.StartsWith("pipe:", links[1], StringComparison.Ordinal);
        Assert.Equal("4", links[3]); // And the folder that ls reads.
        string own = string.Join(' ', Enumerable.Range(0, 2).Select(fd => File.ResolveLinkTarget($"/proc/{guest.Id}/fd/{fd}", false)!.FullName));
        Assert.Equal("/dev/null /dev/null", own);
        Assert.Equal("in\n", Echo(client, "in\n"));
    }

    [Fact]
    public void End_of_input_ends_the_commands_and_then_the_guest()
    {
        using var guest = new StandardStreamsGuest([]);
        GuestClient client = guest.Connect();
        uint channel = client.Open("/bin/sh", "-c", "(setsid env -i sleep 300 & echo $!); echo $$; sleep 300");
        int[] pids = [.. client.Until(channel, o => o.Text.Count(c => c == '\n') == 2).Text.Trim().Split('\n').Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
        guest.EndInput();
        Assert.Equal(0, guest.WaitForExit());
        Assert.All(pids, pid => Assert.False(Directory.Exists($"/proc/{pid}")));
    }

    [Fact]
    public void A_process_in_the_background_that_still_writes_keeps_its_reader()
    {
        string folder = Directory.CreateTempSubdirectory("agsb-stdio-").FullName;
        try
        {
            using var guest = new StandardStreamsGuest([]);
            GuestClient client = guest.Connect();
            client.Shell($"(while [ ! -e {folder}/end ]; do echo still here; sleep 0.05; done; echo last && touch {folder}/unharmed) &");
            guest.EndInput();
            Thread.Sleep(500);
            Assert.True(guest.IsAlive);
            File.WriteAllText(folder + "/end", "");
            Assert.Equal(0, guest.WaitForExit());
            Assert.True(File.Exists(folder + "/unharmed"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Sixty_four_commands_at_once()
    {
        using var guest = new StandardStreamsGuest([]);
        using GuestClient client = guest.Connect();
        uint[] channels = [.. Enumerable.Range(0, ProtocolLimits.MaxChannels).Select(i => client.Open("/bin/sh", "-c", $"sleep 0.2; echo {i}; exit {i}"))];
        for (int i = 0; i < channels.Length; i++)
        {
            Outcome outcome = client.Finish(channels[i]);
            Assert.Equal(($"{i}\n", i), (outcome.Text, outcome.Exit!.ExitCode));
        }
    }

    [Fact]
    public void A_hundred_megabytes_arrive_intact()
    {
        const int Size = 100 * 1024 * 1024;
        using var guest = new StandardStreamsGuest([]);
        using GuestClient client = guest.Connect();
        Outcome made = client.Shell($"f=$(mktemp); head -c {Size} /dev/urandom > $f; sha256sum < $f; cat $f >&2; rm $f");
        Assert.Equal(Size, made.Error.Length);
        Assert.Equal(made.Text[..64], Convert.ToHexStringLower(SHA256.HashData(made.Error.GetBuffer().AsSpan(0, Size))));
    }

    [Fact]
    public void A_host_that_does_not_read_costs_little_and_loses_nothing()
    {
        const int Each = 200_000;
        using var guest = new StandardStreamsGuest([]);
        using GuestClient client = guest.Connect();
        uint[] channels = [.. Enumerable.Range(0, 60).Select(_ => client.Open("/bin/sh", "-c", $"head -c {Each} /dev/zero"))];
        for (int i = 0; i < 20_000; i++)
        {
            client.SendFrame(FrameType.Ping, 0, 0, "0123456789"u8); // Answered, so also queued: about half a megabyte, if the guest took all.
            if (i % 1000 == 0)
            {
                Thread.Sleep(20);
                Assert.InRange(ResidentKilobytes(guest.Id), 1, 32 * 1024);
            }

            if (i == 2000)
            {
                break; // What a pipe holds of requests; more would wait for the guest, which waits for this host.
            }
        }

        Dictionary<uint, long> received = channels.ToDictionary(c => c, _ => 0L);
        int pongs = 0;
        int done = 0;
        while (done < channels.Length || pongs < 2001)
        {
            ReceivedFrame frame = client.Receive()!;
            switch (frame.Type)
            {
                case FrameType.Data:
                    received[frame.Header.Channel] += frame.Payload.Length;
                    break;
                case FrameType.Pong:
                    pongs++;
                    break;
                case FrameType.Exit:
                    done++;
                    break;
                default:
                    break; // OPENED and EOF.
            }
        }

        Assert.All(received.Values, n => Assert.Equal(Each, n));
    }

    [Fact]
    public void A_host_that_closes_inside_a_frame_leaves_nothing()
    {
        using var guest = new StandardStreamsGuest([]);
        GuestClient client = guest.Connect();
        uint channel = client.Open("/bin/sh", "-c", "echo $$; sleep 300");
        string pid = client.Until(channel, o => o.Text.EndsWith('\n')).Text.Trim();
        client.SendRaw([0, 0, 1, 0, 0, 0, 0, 9, (byte)FrameType.Open, 0, 0, 0, (byte)'{']);
        guest.EndInput();
        Assert.Equal(0, guest.WaitForExit());
        Assert.False(Directory.Exists("/proc/" + pid));
    }

    [Fact]
    public void Garbage_ends_the_guest_in_order()
    {
        using var guest = new StandardStreamsGuest([]);
        GuestClient client = guest.Connect();
        client.SendRaw([0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4, 5, 6, 7, 8]);
        Assert.Equal(FrameType.Error, client.Receive()!.Type);
        Assert.Equal(0, guest.WaitForExit());
    }

    [Fact]
    public void A_host_that_stops_reading_for_good_is_gone()
    {
        using var guest = new StandardStreamsGuest([]);
        GuestClient client = guest.Connect();
        uint channel = client.Open("/bin/sh", "-c", "echo up; while :; do echo more; sleep 0.02; done");
        client.Until(channel, o => o.Text.Length > 0);
        guest.Output.Dispose();
        Assert.Equal(0, guest.WaitForExit());
    }

    [Theory]
    [InlineData("script -qec \"$0 serve --stdio\" /dev/null </dev/null", "a terminal")]
    [InlineData("\"$0\" serve --stdio < /etc/passwd", "no pipe and no socket")]
    [InlineData("\"$0\" serve --stdio --expires 0", "--expires")]
    [InlineData("\"$0\" serve --stdio --idle-timeout soon", "--idle-timeout")]
    [InlineData("\"$0\" serve --end-with-input", "--stdio")]
    public void What_can_not_be_served_is_refused(string line, string reason)
    {
        using var guest = StandardStreamsGuest.Of("/bin/sh", "-c", "exec 2>&1; " + line, GuestProcess.Program);
        string output = new StreamReader(guest.Output).ReadToEnd();
        Assert.Equal(70, guest.WaitForExit());
        Assert.Contains(reason, output, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_runs_on_after_the_time_is_over()
    {
        using var guest = new StandardStreamsGuest([], "--expires", Soon(2));
        GuestClient client = guest.Connect();
        uint channel = client.Open("/bin/sh", "-c", "trap '' TERM; echo $$; while :; do sleep 0.05; done");
        string pid = client.Until(channel, o => o.Text.EndsWith('\n')).Text.Trim();
        Assert.Equal(0, guest.WaitForExit());
        Assert.True(SpinWait.SpinUntil(() => !Directory.Exists("/proc/" + pid) || File.ReadAllText($"/proc/{pid}/stat").Contains(") Z", StringComparison.Ordinal), 5000));
        using var late = new StandardStreamsGuest([], "--expires", "1");
        Assert.Equal(0, late.WaitForExit());
    }

    [Fact]
    public void The_name_says_how_busy_it_is_and_no_command_can_write_it()
    {
        using var guest = new StandardStreamsGuest([], "--run-as", "12345:12345", "--no-new-privileges", "--drop-capabilities");
        using GuestClient client = guest.Connect();
        Assert.Equal("guest:1/1\n", client.Shell($"cat /proc/{guest.Id}/comm").Text);
        Assert.NotEqual(0, client.Shell($"echo guest:0/0 > /proc/{guest.Id}/comm").Exit!.ExitCode);
        Assert.True(SpinWait.SpinUntil(() => File.ReadAllText($"/proc/{guest.Id}/comm") == "guest:0/2\n", 5000));
    }

    [Fact]
    public void A_command_of_the_same_user_can_not_get_at_the_connection()
    {
        using var guest = new StandardStreamsGuest([], "--run-as", "12345:12345", "--no-new-privileges", "--drop-capabilities", "--seccomp");
        using GuestClient client = guest.Connect();
        foreach (string attack in (string[])["echo forged > /proc/{0}/fd/4", "head -c 1 < /proc/{0}/fd/3", "head -c 1 /proc/{0}/environ", "dd if=/proc/{0}/mem bs=1 count=1 skip=4194304", "ls /proc/{0}/fd/", "python3 -c 'import ctypes,sys; sys.exit(ctypes.CDLL(None).ptrace(16, {0}, 0, 0) != 0)'"])
        {
            Assert.NotEqual(0, client.Shell(string.Format(CultureInfo.InvariantCulture, attack, guest.Id)).Exit!.ExitCode);
        }
    }

    internal static string Soon(int seconds) => DateTimeOffset.UtcNow.AddSeconds(seconds).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    private static string Echo(GuestClient client, string text)
    {
        uint channel = client.Open(new OpenMessage { Arguments = ["cat"], StandardInput = true });
        client.SendInput(channel, System.Text.Encoding.UTF8.GetBytes(text));
        client.SendEnd(channel);
        return client.Finish(channel).Text;
    }

    private static int ResidentKilobytes(int pid) => int.Parse(
        File.ReadLines($"/proc/{pid}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2],
        CultureInfo.InvariantCulture);
}
