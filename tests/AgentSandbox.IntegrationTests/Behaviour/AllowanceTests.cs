using AgentSandbox.IntegrationTests.Isolation;

namespace AgentSandbox.IntegrationTests.Behaviour;

/// <summary>What is allowed works for the programs that need it, and opens no more than it says.</summary>
public sealed class AllowanceTests
{
    private const string AsNestedRoot = "unshare -U -r ";

    [Theory]
    [InlineData("Nspawn", null)]
    [InlineData("Nspawn", "nobody")]
    [InlineData("Docker", null)]
    [InlineData("GVisor", null)]
    public async Task Unshare_works_where_nested_user_namespaces_are_allowed_and_only_there(string backend, string? user)
    {
        await using var host = new SandboxHost();
        Sandbox closed = await host.CreateAsync(backend, s => s with { User = user });
        Assert.NotEqual(0, (await host.ShellAsync(closed, AsNestedRoot + "true")).ExitCode);
        Sandbox open = await host.CreateAsync(backend, s => s with { User = user, Allow = [SandboxAllowance.NestedUserNamespace] });
        CommandResult result = await host.ShellAsync(open, AsNestedRoot + "id -u");
        Assert.True(result.ExitCode == 0, result.StandardError);
        Assert.Equal("0", result.StandardOutput.Trim());
    }

    [Theory]
    [InlineData("Nspawn", null)]
    [InlineData("Nspawn", "nobody")]
    [InlineData("Docker", null)]
    public async Task Mounts_roots_and_networks_can_be_made_in_a_nested_namespace_and_not_outside_of_it(string backend, string? user)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend, s => s with { User = user, Allow = [SandboxAllowance.NestedUserNamespace] });
        const string Inside = "mount -t tmpfs none /mnt && mkdir /mnt/x && chroot / true && hostname inner && ip link set lo up && echo made";
        CommandResult nested = await host.ShellAsync(sandbox, $"unshare -U -r -m -n -u -p -f sh -ec '{Inside}'");
        Assert.True(nested.StandardOutput.Trim() == "made", nested.StandardError);
        foreach (string attempt in new[] { "mount -t tmpfs none /mnt", "chroot / true", "hostname other", "unshare -n true", "umount /proc/sys", "nsenter -t 1 -m true" })
        {
            Assert.True((await host.ShellAsync(sandbox, attempt)).ExitCode != 0, attempt);
        }

        // What covers the kernel's files can't be taken off there, and a /proc without the cover gives nobody the right to write.
        Assert.NotEqual(0, (await host.ShellAsync(sandbox, "unshare -U -r -m sh -c 'umount /proc/sys || umount /proc/kcore || umount /dev/net/tun'")).ExitCode);
        Assert.NotEqual(0, (await host.ShellAsync(sandbox, "unshare -U -r -m -p -f sh -c '(: >> /proc/sys/kernel/core_pattern)'")).ExitCode);
        Assert.NotEqual(0, (await host.ShellAsync(sandbox, "unshare -U -r -m -p -f sh -c 'mount -t proc p /mnt && (: >> /mnt/sys/kernel/core_pattern)'")).ExitCode);
    }

    [Fact]
    public async Task Bubblewrap_runs_where_nested_user_namespaces_are_allowed()
    {
        Assert.True(File.Exists("/usr/bin/bwrap"), "Install bubblewrap.");
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync("Nspawn", s => s with { Allow = [SandboxAllowance.NestedUserNamespace] });
        CommandResult result = await host.ShellAsync(sandbox, "bwrap --unshare-all --ro-bind /usr /usr --symlink usr/lib64 /lib64 --symlink usr/lib /lib --symlink usr/bin /bin --dev /dev --tmpfs /tmp sh -c 'echo $$'");
        Assert.True(result.ExitCode == 0, result.StandardError);
    }

    /// <summary>
    /// The way that is closed: the kernel copies a program up into the host's folder with its set-user-id bit, without a system call that a filter sees. With a folder that
    /// can only be read neither this nor making it writable works.
    /// </summary>
    [Fact]
    public async Task No_set_user_id_program_gets_into_a_folder_of_the_host()
    {
        await using var host = new SandboxHost();
        string folder = Directory.CreateTempSubdirectory("agsb-allow-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "upper"));
            Directory.CreateDirectory(Path.Combine(folder, "scratch"));
            SandboxSpecification Nested(SandboxSpecification s, string mode) => s with { Mounts = [SandboxMount.Parse($"{folder}:/shared:{mode}")], Allow = [SandboxAllowance.NestedUserNamespace] };
            SandboxException refused = await Assert.ThrowsAsync<SandboxException>(() => host.CreateAsync("Nspawn", s => Nested(s, "rw")));
            Assert.Equal(SandboxErrorId.NotEnforceable, refused.ErrorId);

            Sandbox sandbox = await host.CreateAsync("Nspawn", s => Nested(s, "ro"));
            const string CopyUp = "mount -t overlay o -o lowerdir=/usr/bin,upperdir=$F/upper,workdir=$F/scratch,userxattr /mnt && echo changed >> /mnt/su && stat -c %a $F/upper/su";
            foreach (string attack in new[] { CopyUp, "mount -o remount,bind,rw /shared && touch /shared/x", "mount --bind /shared /mnt && mount -o remount,bind,rw /mnt && touch /mnt/x" })
            {
                CommandResult result = await host.ShellAsync(sandbox, $"export F=/shared; unshare -U -r -m sh -c '{attack}'");
                Assert.True(result.ExitCode != 0, attack + result.StandardOutput);
            }

            Assert.Equal(["scratch", "upper"], Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("Nspawn")]
    [InlineData("Docker")]
    public async Task What_a_command_hides_in_nested_namespaces_ends_with_it(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend, s => s with { Allow = [SandboxAllowance.NestedUserNamespace] });
        CommandResult result = await host.ShellAsync(sandbox, "trap '' TERM; unshare -U -r -m -p -f sleep 4711 & unshare -U -r setsid sleep 4711 & wait", TimeSpan.FromSeconds(2));
        Assert.True(result.TimedOut);
        Assert.Equal("", (await host.ShellAsync(sandbox, "for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline | grep -x 'sleep 4711 '; done; true")).StandardOutput.Trim());
    }

    [Theory]
    [InlineData("nspawn")]
    [InlineData("chroot")]
    public async Task Commands_do_not_possess_the_keys_of_who_made_the_sandbox(string backend)
    {
        // A new session keyring with a key in it, which what is executed then inherits: keyctl(2), add_key(2), request_key(2).
        const string Starter = "syscall(250, 1, 0) > 0 or die; my ($t, $n, $v) = (\"user\", \"agsb-secret\", \"v\"); syscall(248, $t, $n, $v, 1, -3) > 0 or die; exec @ARGV";
        const string Look = "my ($t, $n, $o, $v) = (\"user\", \"agsb-secret\", \"own\", \"v\"); print syscall(249, $t, $n, 0, 0) > 0 ? \"theirs \" : \"none \"; syscall(248, $t, $o, $v, 1, -3); print syscall(249, $t, $o, 0, 0) > 0 ? \"own\" : \"nothing: $!\"";
        (int exit, string output, string error) = await GuestProgram.RunAsync("perl", "-e", Starter, "perl", "-e", Look);
        Assert.True(exit == 0 && output == "theirs own", output + error);

        await using var host = new SandboxHost();
        string program = Path.Combine(Programs.Folder, "agentsandbox");
        (exit, output, error) = await GuestProgram.RunAsync(
            "perl", "-e", Starter, "env", "AGENTSANDBOX_HOME=" + host.Root, program, "run", "--quiet", "--backend", backend, "--allow", "keyring", "--", "perl", "-e", Look);
        Assert.True(exit == 0 && output == "none own", output + error);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("nobody")]
    public async Task Groups_can_be_made_and_filled_in_bounds_and_go_with_the_sandbox(string? user)
    {
        await using var host = new SandboxHost(); // Its disposal fails on remains.
        Sandbox sandbox = await host.CreateAsync("Nspawn", s => s with { User = user, Allow = [SandboxAllowance.ControlGroups] });
        const string Find = "g=$(grep ' - cgroup2 ' /proc/self/mountinfo | cut -d' ' -f5 | head -n1); ";
        CommandResult made = await host.ShellAsync(sandbox, Find + "mkdir $g/a $g/a/b && (echo 0 > $g/a/b/cgroup.procs && grep -c . $g/a/b/cgroup.procs)");
        Assert.True(made.ExitCode == 0, made.StandardError);
        Assert.NotEqual(0, (await host.ShellAsync(sandbox, Find + "cd $g && for i in $(seq 20); do mkdir d && cd d || exit 1; done")).ExitCode);
        Assert.NotEqual(0, (await host.ShellAsync(sandbox, Find + "cd $g && for i in $(seq 300); do mkdir n$i || exit 1; done")).ExitCode);

        Sandbox closed = await host.CreateAsync("Nspawn", s => s with { User = user });
        Assert.NotEqual(0, (await host.ShellAsync(closed, Find + "mkdir $g/a")).ExitCode);
    }

    [Theory]
    [InlineData("Nspawn")]
    [InlineData("Docker")]
    public async Task A_virtual_interface_is_made_in_a_nested_network_alone(string backend)
    {
        await using var host = new SandboxHost();
        if (backend == "Docker" && !NetworkDeviceIsOpen)
        {
            await AssertRefusesClosedNetworkDeviceAsync(host, backend);
            return;
        }

        Sandbox sandbox = await host.CreateAsync(backend, s => s with { Allow = [SandboxAllowance.Tun, SandboxAllowance.NestedUserNamespace] });
        Assert.NotEqual(0, (await host.ShellAsync(sandbox, "ip tuntap add mode tun name t0")).ExitCode);
        CommandResult nested = await host.ShellAsync(sandbox, "unshare -U -r -n sh -c 'ip tuntap add mode tun name t0 && ip link show t0'");
        Assert.True(nested.ExitCode == 0, nested.StandardError);
    }

    [Theory]
    [InlineData("Nspawn")]
    [InlineData("Docker")]
    public async Task What_was_allowed_is_kept(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend, s => s with { Allow = [SandboxAllowance.NestedUserNamespace] });
        await host.Manager.StopAsync(sandbox.Id);
        await using var another = new SandboxManager(host.Home);
        Assert.Equal([SandboxAllowance.NestedUserNamespace], another.Get(sandbox.Id).Specification.Allow);
        await another.StartAsync(sandbox.Id);
        Assert.Equal(0, (await host.ShellAsync(sandbox, AsNestedRoot + "true")).ExitCode);
    }

    /// <summary>Whether this machine lets every user open /dev/net/tun, as systemd makes it; the bare kernel makes it root's.</summary>
    internal static bool NetworkDeviceIsOpen => File.GetUnixFileMode("/dev/net/tun").HasFlag(UnixFileMode.OtherRead | UnixFileMode.OtherWrite);

    /// <summary>A node that the sandbox's user could not open is no node that was allowed.</summary>
    internal static async Task AssertRefusesClosedNetworkDeviceAsync(SandboxHost host, string backend)
    {
        var refused = await Assert.ThrowsAsync<SandboxException>(() => host.CreateAsync(backend, s => s with { Allow = [SandboxAllowance.Tun] }));
        Assert.Equal(SandboxErrorId.NotEnforceable, refused.ErrorId);
        Assert.Contains("chmod 0666 /dev/net/tun", refused.RecommendedAction, StringComparison.Ordinal);
    }
}
