using AgentSandbox.IntegrationTests.Behaviour;

namespace AgentSandbox.IntegrationTests.Docker;

/// <summary>What a command in an engine's sandbox may try: to raise its rights, to take over the guest, to reach the kernel's switches.</summary>
public class AttackTests
{
    /// <summary>Backends, and users that have nothing to gain: one without any rights, and root.</summary>
    public static TheoryData<string, string?> Attackers => new() { { "Docker", null }, { "Docker", "root" }, { "GVisor", null }, { "GVisor", "root" } };

    [Theory]
    [MemberData(nameof(Attackers))]
    public async Task No_set_holds_any_capability(string backend, string? user)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await CreateAsync(host, backend, user);
        foreach (string? other in new[] { null, "0", "1234:1234" }) // The second and third come through a further server.
        {
            CommandResult result = await host.Manager.RunAsync(sandbox.Id, CommandSpecification.Shell("grep ^Cap /proc/self/status") with { User = other });
            string[] lines = result.StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Contains(lines, line => line.StartsWith("CapBnd", StringComparison.Ordinal));
            Assert.All(lines, line => Assert.Matches("^Cap(Inh|Prm|Eff|Bnd|Amb):\t0{16}$", line));
        }
    }

    [Theory]
    [InlineData("Docker")]
    [InlineData("GVisor")]
    public async Task A_set_user_id_root_program_gives_no_root(string backend)
    {
        const string Raise = $"sleep 4 | {TestImage.SetIdProgram} probe hold >/dev/null & sleep 2; grep ^Uid /proc/$!/status";
        if (backend == "Docker")
        {
            // The control: without no_new_privs the program does raise.
            string raised = await TestImage.DockerAsync("run", "--rm", "--network", "none", "--user", "65532", await TestImage.NameAsync(), "/bin/sh", "-c", Raise);
            Assert.Equal("Uid:\t65532\t0\t0\t0", raised);
        }

        await using var host = new SandboxHost();
        Sandbox sandbox = await CreateAsync(host, backend, null);
        CommandResult result = await host.ShellAsync(sandbox, Raise);
        Assert.Equal("Uid:\t65532\t65532\t65532\t65532", result.StandardOutput.Trim());
    }

    [Theory]
    [MemberData(nameof(Attackers))]
    public async Task The_guests_memory_is_its_own(string backend, string? user)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await CreateAsync(host, backend, user);
        const string Readable = """
            for file in environ maps auxv; do head -c 1 /proc/1/$file >/tmp/out 2>/dev/null && test -s /tmp/out && echo read $file; done
            readlink /proc/1/fd/0 && echo saw descriptor
            for fd in 0 1 2 3 4 5 6 7 8 9 10 11 12; do ( : <>/proc/1/fd/$fd ) 2>/dev/null && echo opened $fd; done

            """;
        const string Script = """
            head -c 1 /proc/1/mem 2>/dev/null && echo read memory
            ( : >>/proc/1/mem ) 2>/dev/null && echo opened memory
            head -c 1 /proc/self/environ >/dev/null && echo control
            """;

        const string Channel = """
            for fd in 3 4; do ( : <>/proc/1/fd/$fd ) 2>/dev/null && echo opened $fd; done

            """;

        // gVisor guards what is not memory by the user alone, whatever prctl(PR_SET_DUMPABLE) says: docs/isolation.md.
        CommandResult result = await host.ShellAsync(sandbox, (backend, user) switch
        {
            ("GVisor", null) => Channel + Script,
            ("GVisor", _) => Script,
            _ => Readable + Script,
        });
        Assert.Equal("control", result.StandardOutput.Trim());

        CommandResult traced = await host.Manager.RunAsync(sandbox.Id, new CommandSpecification { Arguments = ["probe", "process.ptrace-host", "1", "10"], Self = true });
        Assert.Contains("\"outcome\":\"closed\"", traced.StandardOutput, StringComparison.Ordinal);
        Assert.Contains("\"selfTest\":true", traced.StandardOutput, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Attackers))]
    public async Task The_kernels_switches_cannot_be_opened(string backend, string? user)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await CreateAsync(host, backend, user);

        // Opened and not written, so that a hole in the boundary does no harm to the machine that finds it.
        const string Script = """
            for file in /proc/sysrq-trigger /proc/sys/kernel/core_pattern /proc/sys/kernel/modprobe /proc/sys/kernel/hostname /proc/sys/vm/drop_caches /proc/sys/net/ipv4/ip_forward \
              /proc/irq/default_smp_affinity /proc/acpi/wakeup /sys/power/state /sys/kernel/uevent_helper /sys/kernel/mm/ksm/run /sys/module/kernel/parameters/panic \
              /sys/fs/cgroup/memory/release_agent /sys/fs/cgroup/memory/cgroup.procs /sys/fs/cgroup/devices/devices.allow /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/memory.max; do
              ( : >>$file ) 2>/dev/null && echo opened $file
            done
            ( : >>/tmp/mine ) && echo control
            """;
        CommandResult result = await host.ShellAsync(sandbox, Script);
        Assert.Equal("control", result.StandardOutput.Trim());
    }

    [Theory]
    [MemberData(nameof(Attackers))]
    public async Task The_guest_program_cannot_be_replaced(string backend, string? user)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await CreateAsync(host, backend, user);
        const string Script = """
            mv /.agentsandbox /moved && echo moved
            mv /.agentsandbox/guest /.agentsandbox/moved && echo moved file
            rm -f /.agentsandbox/guest; test -e /.agentsandbox/guest || echo removed
            cp /bin/busybox /.agentsandbox/guest && echo overwritten
            cp /bin/busybox /.agentsandbox/new && echo added
            ln -sf /bin/busybox /.agentsandbox/guest && echo linked
            chmod 777 /.agentsandbox /.agentsandbox/guest && echo changed
            mount -o bind /bin /.agentsandbox && echo mounted
            mount -o remount,rw /.agentsandbox && echo remounted
            umount -l /.agentsandbox/guest && echo unmounted
            cat /.agentsandbox/guest | wc -c
            """;
        CommandResult result = await host.ShellAsync(sandbox, $"({Script}) 2>/dev/null");
        Assert.Equal(new FileInfo(Path.Combine(Programs.Folder, "agentsandbox-guest")).Length.ToString(System.Globalization.CultureInfo.InvariantCulture), result.StandardOutput.Trim());

        // And the engine still finds it there: another user needs another server.
        CommandResult again = await host.Manager.RunAsync(sandbox.Id, CommandSpecification.Shell("id -u") with { User = "4321" });
        Assert.Equal("4321", again.StandardOutput.Trim());
    }

    internal static async Task<Sandbox> CreateAsync(SandboxHost host, string backend, string? user, Func<SandboxSpecification, SandboxSpecification>? change = null)
    {
        string image = await TestImage.NameAsync();
        return await host.CreateAsync(backend, specification => (change ?? (s => s))(specification with { Image = image, User = user }));
    }
}
