using AgentSandbox.Protocol;

namespace AgentSandbox.IntegrationTests.Guest;

/// <summary>The protections that the launcher asks for are in force in every command, and a guest that can't have them does not serve.</summary>
public sealed class ConfinementTests
{
    private const string Rights = "grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status | tr -d '\\t'";
    private const string None = "0000000000000000";

    [Theory]
    [InlineData(null)]
    [InlineData("nobody")]
    [InlineData("root")]
    public void Commands_have_no_capabilities_no_new_privileges_and_a_filter(string? user)
    {
        using var guest = new GuestProcess(["--no-new-privileges", "--drop-capabilities", "--seccomp"]);
        using GuestClient client = guest.Connect();
        string[] lines = client.Run(new OpenMessage { Arguments = ["/bin/sh", "-c", Rights], User = user }).Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal([$"CapInh:{None}", $"CapPrm:{None}", $"CapEff:{None}", $"CapBnd:{None}", $"CapAmb:{None}", "NoNewPrivs:1", "Seccomp:2"], lines);
    }

    [Fact]
    public void The_guest_can_become_an_ordinary_user_as_a_whole()
    {
        using var guest = new GuestProcess(["--run-as", "12345:54321", "--no-new-privileges", "--drop-capabilities"]);
        using GuestClient client = guest.Connect();
        Assert.Equal("12345 54321 54321\n", client.Shell("echo $(id -u) $(id -g) $(id -G)").Text);
        Assert.Contains($"CapBnd:{None}", client.Shell(Rights).Text, StringComparison.Ordinal);
        Assert.Equal("12345\n", client.Run(new OpenMessage { Arguments = ["id", "-u"], User = "12345:54321" }).Text);
        foreach (string user in (string[])["0", "root", "12345:0", "12345", "nobody"])
        {
            Assert.Equal((FailKind.User, 1), (client.Run(new OpenMessage { Arguments = ["id"], User = user }).Fail!.Kind, client.Run(new OpenMessage { Arguments = ["id"], User = user }).Fail!.Errno));
        }

        string status = File.ReadAllText($"/proc/{guest.Id}/status");
        Assert.Contains("Uid:\t12345\t12345\t12345\t12345", status, StringComparison.Ordinal);
        Assert.Contains($"CapPrm:\t{None}", status, StringComparison.Ordinal);
    }

    [Fact]
    public void Commands_of_the_same_user_can_not_look_into_the_guest()
    {
        using var guest = new GuestProcess(["--run-as", "12345:12345"]);
        using GuestClient client = guest.Connect();
        Assert.NotEqual(0, client.Shell($"cat /proc/{guest.Id}/environ").Exit!.ExitCode);
        Assert.NotEqual(0, client.Shell($"ls /proc/{guest.Id}/fd").Exit!.ExitCode);
        Assert.NotEqual(0, client.Shell($"head -c 1 /proc/{guest.Id}/mem").Exit!.ExitCode);
    }

    [Fact]
    public void All_reaches_what_has_escaped_also_when_the_guest_is_no_root()
    {
        using var guest = new GuestProcess(["--run-as", "12345:12345", "--no-new-privileges", "--drop-capabilities"]);
        using GuestClient client = guest.Connect();
        uint channel = client.Open("/bin/sh", "-c", "(setsid env -i sleep 300 &); sleep 0.3; pgrep -u 12345 -x sleep; echo ready; sleep 300");
        string pid = client.Until(channel, o => o.Text.Contains("ready", StringComparison.Ordinal)).Text.Split('\n')[0];
        Assert.True(Directory.Exists("/proc/" + pid));
        client.SendFrame(FrameType.Close, channel);
        client.Finish(channel);
        Assert.True(SpinWait.SpinUntil(() => !Directory.Exists("/proc/" + pid), TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public void Commands_see_the_new_root_and_no_proc_is_no_obstacle()
    {
        string root = Directory.CreateTempSubdirectory("agsb-root-").FullName;
        try
        {
            // The guest is static: the one program that runs in an empty root. Without arguments it ends with 2.
            File.Copy(GuestProcess.Program, Path.Combine(root, "program"));
            using var guest = new GuestProcess(["--chroot", root, "--self", "/program"]);
            using GuestClient client = guest.Connect();
            Assert.Equal(2, client.Run("/program").Exit!.ExitCode);
            Assert.Equal(FailKind.CommandNotFound, client.Run("/bin/true").Fail!.Kind);
            Assert.True(client.Run(new OpenMessage { Arguments = ["probe"], Self = true }).Opened);
            uint channel = client.Open(new OpenMessage { Arguments = ["tar-extract", "/"], Self = true, StandardInput = true });
            client.Until(channel, o => o.Opened);
            client.SendFrame(FrameType.Close, channel);
            Assert.NotNull(client.Finish(channel).Exit);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public void A_command_does_not_inherit_the_launchers_environment()
    {
        using var guest = new GuestProcess();
        using GuestClient client = guest.Connect();
        Assert.DoesNotContain("LEAKED", client.Run("env").Text, StringComparison.Ordinal);
        Assert.DoesNotContain("DOTNET", client.Run("env").Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_protected_guest_does_not_protect_its_commands_from_the_out_of_memory_killer()
    {
        foreach (string[] options in (string[][])[[], ["--run-as", "12345:12345", "--no-new-privileges"]])
        {
            using var guest = new GuestProcess(options);
            using GuestClient client = guest.Connect();
            if (HasSysResource())
            {
                File.WriteAllText($"/proc/{guest.Id}/oom_score_adj", "-400");
                Assert.Equal("0\n", client.Run("cat", "/proc/self/oom_score_adj").Text);
                Assert.Equal("-400\n", File.ReadAllText($"/proc/{guest.Id}/oom_score_adj"));
            }

            File.WriteAllText($"/proc/{guest.Id}/oom_score_adj", "300");
            Assert.Equal("300\n", client.Run("cat", "/proc/self/oom_score_adj").Text); // That commands are preferred may be meant.
        }
    }

    [Theory]
    [InlineData("--no-such-option")]
    [InlineData("--run-as")]
    [InlineData("--run-as", "root:root")]
    [InlineData("--run-as", "4294967295:0")]
    [InlineData("--run-as", "1")]
    [InlineData("--chroot", "relative")]
    [InlineData("--chroot", "/no/such/folder")]
    [InlineData("--no-new-privileges", "--no-new-privileges")]
    [InlineData("--allow", "Vsock")] // without --seccomp there is nothing that it could open
    [InlineData("--seccomp", "--allow", "vsock")]
    [InlineData("--seccomp", "--allow", "0")]
    [InlineData("--seccomp", "--allow", "Vsock,")]
    [InlineData("--seccomp", "--allow", "")]
    [InlineData("--deny-set-id")]
    public void A_guest_that_can_not_do_what_it_was_told_does_not_serve(params string[] options)
    {
        using var guest = new GuestProcess(options);
        Assert.Equal(70, guest.WaitForExit());
        Assert.StartsWith("agentsandbox-guest: ", guest.Messages, StringComparison.Ordinal);
    }

    [Fact]
    public void A_socket_that_is_not_for_this_process_or_does_not_listen_is_refused()
    {
        using var other = new GuestProcess([], environment: "LISTEN_PID=1");
        Assert.Equal(70, other.WaitForExit());
        using var deaf = new GuestProcess([], listen: false);
        Assert.Equal(70, deaf.WaitForExit());
        Assert.Contains("Descriptor 3", deaf.Messages, StringComparison.Ordinal);
    }

    /// <summary>CAP_SYS_RESOURCE, without which nobody can be protected, and which a container's root may not have.</summary>
    private static bool HasSysResource()
    {
        string capabilities = File.ReadLines("/proc/self/status").First(l => l.StartsWith("CapEff:", StringComparison.Ordinal));
        return (Convert.ToUInt64(capabilities.Split('\t')[1], 16) & (1UL << 24)) != 0;
    }
}
