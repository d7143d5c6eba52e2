using AgentSandbox.Isolation;

namespace AgentSandbox.IntegrationTests.Isolation;

/// <summary>Probes of what a payload is handed when it is started, on launches by other programs that hand over exactly one thing.</summary>
public class LaunchProbeTests
{
    private const IsolationVerdict Exposed = IsolationVerdict.Exposed;
    private const IsolationVerdict Isolated = IsolationVerdict.Isolated;

    // Whatever runs the tests may have left files open to them.
    private static readonly string[] s_nothingOpen = ["perl", "-MPOSIX", "-e", "POSIX::close($_) for 3..1023; exec @ARGV"];
    private static readonly string[] s_openFolder = [.. s_nothingOpen, "sh", "-c", "exec 9</etc; exec \"$@\"", "sh"];
    private static readonly string[] s_terminal = ["sh", "-c", "exec script -qec \"$*; true\" /dev/null", "sh"]; // The shell stays, and the session is its own.
    private static readonly string[] s_allButUser = ["unshare", "--mount", "--pid", "--fork", "--net", "--ipc", "--uts", "--cgroup"];
    private static readonly string[] s_nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"];

    [Fact]
    public async Task An_environment_that_is_inherited_is_exposed_and_one_that_is_not_isolated()
    {
        await AssertAsync("process.env-leak", Exposed, IsolationObserver.Host, []);
        await AssertAsync("process.env-leak", Isolated, IsolationObserver.Host, ["env", "-i", "PATH=/usr/bin"]);
        await using RawSandbox chroot = await RawSandbox.ChrootAsRootAsync();
        AssertIs(await chroot.RunAsync("process.env-leak"), Exposed, IsolationObserver.Host);
    }

    [Fact]
    public async Task Behind_a_kernel_of_its_own_the_guest_must_prove_what_it_was_handed()
    {
        await using (RawSandbox open = await RawSandbox.BehindKernelAsync("env"))
        {
            AssertIs(await open.RunAsync("process.env-leak"), Exposed, IsolationObserver.GuestProof);
        }

        await using (RawSandbox held = await RawSandbox.BehindKernelAsync([.. s_nothingOpen, "env", "-i", "PATH=/usr/bin"]))
        {
            AssertIs(await held.RunAsync("process.env-leak"), Isolated, IsolationObserver.GuestReport);
            AssertIs(await held.RunAsync("process.fd-leak"), Isolated, IsolationObserver.GuestReport);
        }

        await using RawSandbox folder = await RawSandbox.BehindKernelAsync(s_openFolder);
        AssertIs(await folder.RunAsync("process.fd-leak"), Exposed, IsolationObserver.GuestReport);
    }

    [Fact]
    public async Task An_open_folder_of_the_host_is_exposed_with_its_path()
    {
        IsolationResult result = await AssertAsync("process.fd-leak", Exposed, IsolationObserver.Host, s_openFolder);
        Assert.Contains("9 (/etc)", result.Evidence, StringComparison.Ordinal);
        await AssertAsync("process.fd-leak", Isolated, IsolationObserver.Host, s_nothingOpen);
    }

    [Fact]
    public async Task A_terminal_that_is_shared_is_exposed_and_a_session_of_its_own_holds()
    {
        IsolationResult result = await AssertAsync("process.tty", Exposed, IsolationObserver.Host, s_terminal);
        Assert.Contains("has the terminal 136:", result.Evidence, StringComparison.Ordinal); // unix98 pseudo-terminals, devices.txt
        await AssertAsync("process.tty", Isolated, IsolationObserver.Host, ["setsid", "--wait"]);
    }

    [Fact]
    public async Task Without_any_terminal_a_shared_session_proves_nothing() =>
        await AssertAsync("process.tty", IsolationVerdict.Inconclusive, IsolationObserver.Host, ["setsid", "--wait", "sh", "-c", "\"$@\"; true", "sh"]);

    [Fact]
    public async Task The_hosts_user_namespace_counts_for_who_has_rights_in_it()
    {
        IsolationResult nobody = await AssertAsync("ns.inventory", Isolated, IsolationObserver.Host, [.. s_allButUser, .. s_nobody]);
        Assert.Contains("not counted: user (no root, no capability and no way to one)", nobody.Evidence, StringComparison.Ordinal);
        IsolationResult root = await AssertAsync("ns.inventory", Exposed, IsolationObserver.Host, s_allButUser);
        Assert.Contains("in the host's namespaces user.", root.Evidence, StringComparison.Ordinal);
        await AssertAsync("ns.inventory", Exposed, IsolationObserver.Host, [.. s_allButUser, .. s_nobody[..^1]]); // It could become root by a program's bit.
    }

    [Theory]
    [InlineData("pid", "--pid", "--fork")]
    [InlineData("mnt", "--mount")]
    [InlineData("net", "--net")]
    [InlineData("ipc", "--ipc")]
    [InlineData("uts", "--uts")]
    [InlineData("cgroup", "--cgroup")]
    public async Task Each_namespace_that_is_shared_alone_is_named(string kind, params string[] own)
    {
        string[] without = [.. s_allButUser.Except(own), .. s_nobody];
        IsolationResult result = await AssertAsync("ns.inventory", Exposed, IsolationObserver.Host, without);
        Assert.Contains($"in the host's namespaces {kind}. The host's too", result.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_the_network_can_be_asked_for()
    {
        var specification = new SandboxSpecification { Backend = "raw", Network = NetworkMode.Host };
        await using (RawSandbox network = await RawSandbox.LaunchedAsync(specification, [.. s_allButUser.Except(["--net"]), .. s_nobody]))
        {
            AssertIs(await network.RunAsync("ns.inventory"), IsolationVerdict.Declared, IsolationObserver.Host);
        }

        await using RawSandbox more = await RawSandbox.LaunchedAsync(specification, [.. s_allButUser.Except(["--net", "--ipc"]), .. s_nobody]);
        AssertIs(await more.RunAsync("ns.inventory"), Exposed, IsolationObserver.Host);
    }

    [Fact]
    public async Task A_set_user_id_program_counts_where_its_bit_does()
    {
        await using (RawSandbox open = await RawSandbox.ChrootAsRootAsync(PutProgram))
        {
            IsolationResult result = await open.RunAsync("priv.setuid-files");
            AssertIs(result, Exposed, IsolationObserver.GuestReport);
            Assert.Contains("/usr/bin/program has the set-user-id bit", result.Evidence, StringComparison.Ordinal);
        }

        await using (RawSandbox without = await RawSandbox.ChrootAsRootAsync())
        {
            AssertIs(await without.RunAsync("priv.setuid-files"), Isolated, IsolationObserver.GuestReport);
        }

        await using (RawSandbox mounted = await RawSandbox.ChrootAsRootAsync(PutProgram, "mount --bind \"$1\" \"$1\" && mount -o remount,bind,nosuid \"$1\""))
        {
            IsolationResult result = await mounted.RunAsync("priv.setuid-files");
            AssertIs(result, Isolated, IsolationObserver.GuestReport);
            Assert.Contains("all on nosuid mounts", result.Evidence, StringComparison.Ordinal);
        }

        await AssertAsync("priv.setuid-files", Isolated, IsolationObserver.Host, ["setpriv", "--no-new-privs"]);
    }

    [Fact]
    public async Task A_network_of_its_own_that_is_plugged_into_the_host_is_exposed()
    {
        // As a bridge's: another network namespace, and a way to this machine at one of its own addresses. RFC 2544's addresses are nobody's.
        string name = "agsb" + Guid.NewGuid().ToString("N")[..8];
        string net = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"198.18.{Random.Shared.Next(256)}");
        await RunAsync("ip", "netns", "add", name);
        try
        {
            await RunAsync("ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", name);
            await RunAsync("ip", "address", "add", net + ".1/24", "dev", name);
            await RunAsync("ip", "link", "set", name, "up");
            await RunAsync("ip", "-n", name, "address", "add", net + ".2/24", "dev", "eth0");
            await RunAsync("ip", "-n", name, "link", "set", "eth0", "up");
            await using RawSandbox sandbox = await RawSandbox.LaunchedAsync("ip", "netns", "exec", name);
            IsolationResult result = await sandbox.RunAsync("net.host-gateway");
            AssertIs(result, Exposed, IsolationObserver.GuestProof);
            Assert.Contains(net + ".1", result.Evidence, StringComparison.Ordinal);
            Assert.Equal(Isolated, (await sandbox.RunAsync("net.host-loopback")).Verdict); // The other address is the one that is reached.
        }
        finally
        {
            await RunAsync("ip", "netns", "delete", name); // Both ends of the cable go with it.
        }

        await AssertAsync("net.host-gateway", Isolated, IsolationObserver.Host, ["unshare", "--net"]);
    }

    private static async Task<IsolationResult> AssertAsync(string id, IsolationVerdict verdict, IsolationObserver observedBy, string[] launcher)
    {
        await using RawSandbox sandbox = await RawSandbox.LaunchedAsync(launcher);
        IsolationResult result = await sandbox.RunAsync(id);
        AssertIs(result, verdict, observedBy);
        return result;
    }

    private static void AssertIs(IsolationResult result, IsolationVerdict verdict, IsolationObserver observedBy) =>
        Assert.True(result.Verdict == verdict && result.ObservedBy == observedBy, $"{result.Id}: {result.Verdict} by {result.ObservedBy}: {result.Evidence}");

    private static void PutProgram(string root)
    {
        string folder = Directory.CreateDirectory(Path.Combine(root, "usr", "bin")).FullName;
        File.WriteAllText(Path.Combine(folder, "program"), "");
        File.SetUnixFileMode(Path.Combine(folder, "program"), UnixFileMode.SetUser | UnixFileMode.UserRead);
    }

    private static async Task RunAsync(params string[] command)
    {
        (int exitCode, _, string error) = await GuestProgram.RunAsync(command);
        Assert.True(exitCode == 0, $"{string.Join(' ', command)}: {error}");
    }
}
