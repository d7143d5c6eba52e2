using AgentSandbox.IntegrationTests.Behaviour;

namespace AgentSandbox.IntegrationTests.Checkpoints;

/// <summary>What a checkpoint keeps, and what restoring it brings back: on an image with a disk limit, and on a folder without.</summary>
public sealed class CheckpointTests
{
    /// <summary>Files of each kind that a plain copy loses: links, modes, owners, odd names. With find(1) in place of stat(1), which old gVisor has no system call for.</summary>
    private const string Make = """
        set -e
        mkdir -p ~/t/dir && cd ~/t
        echo one > file && ln file hard && ln -s ../../../../etc/passwd soft && ln -s /nowhere broken
        echo secret > dir/mode && chmod 0640 dir/mode && chmod 1777 dir
        printf 'a' > "$(printf 'odd \001 name')"
        """;

    private const string Look = """
        cd ~/t && cat file && find file hard -printf '%n %p\n' && readlink soft broken && find dir dir/mode -maxdepth 0 -printf '%m %p\n'
        cat "$(printf 'odd \001 name')" && echo && find file -printf '%u\n'
        """;

    /// <summary>What an engine's images do not keep: holes, and attributes of users.</summary>
    private const string MakeMore = """

        truncate -s 50M sparse && printf 'x' | dd of=sparse bs=1 seek=40000000 conv=notrunc 2>/dev/null
        python3 -c 'import os; os.setxattr("file", "user.note", b"kept")'
        """;

    private const string LookMore = """

        find sparse -printf '%s %b\n' | awk '{ print $1, ($2 < 2000) }' && tail -c +40000001 sparse | head -c1 && echo
        python3 -c 'import os; print(os.getxattr("file", "user.note"))'
        """;

    /// <summary>gVisor keeps named pipes to itself.</summary>
    private const string MakePipe = """

        python3 -c 'import os; os.mkfifo("pipe")'
        """;

    private const string LookPipe = """

        test -p pipe && echo pipe
        """;

    private static (string Make, string Look) Files(string backend) => backend switch
    {
        "GVisor" => (Make, Look),
        "Docker" => (Make + MakePipe, Look + LookPipe),
        _ => (Make + MakePipe + MakeMore, Look + LookPipe + LookMore),
    };

    private const string Damage = "cd ~/t && rm -rf dir soft pipe && echo two > hard && chmod 600 hard && mkdir new";

    /// <summary>Backend, with a disk limit, running. The engine that tests run on can't limit disks.</summary>
    public static TheoryData<string, bool, bool> Cases
    {
        get
        {
            var cases = new TheoryData<string, bool, bool>();
            foreach ((string backend, bool limited) in s_disks)
            {
                cases.Add(backend, limited, true);
                cases.Add(backend, limited, false);
            }

            return cases;
        }
    }

    public static TheoryData<string, bool> Disks
    {
        get
        {
            var disks = new TheoryData<string, bool>();
            foreach ((string backend, bool limited) in s_disks)
            {
                disks.Add(backend, limited);
            }

            return disks;
        }
    }

    private static readonly (string Backend, bool Limited)[] s_disks =
        [("Nspawn", true), ("Nspawn", false), ("Chroot", true), ("Chroot", false), ("Docker", false), ("GVisor", false), ("Wsl", true)];

    [Theory, MemberData(nameof(Cases))]
    public async Task What_a_checkpoint_kept_comes_back_as_often_as_one_likes(string backend, bool limited, bool running)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend, s => Disk(s, limited));
        (string make, string look) = Files(backend);
        await DoAsync(host, sandbox, make);
        string before = await DoAsync(host, sandbox, look);
        Assert.Contains("2 file", before, StringComparison.Ordinal);
        if (!running)
        {
            await host.Manager.StopAsync(sandbox.Id);
        }

        SandboxCheckpoint taken = await host.Manager.CheckpointAsync(sandbox.Id, "Before");
        Assert.Equal(("Before", sandbox.Name, sandbox.Id, running), (taken.Name, taken.SandboxName, taken.SandboxId, taken.WasRunning));
        Assert.InRange(taken.Size, 1, 40L << 20); // The hole of 50 MB is one.
        Assert.Equal(taken, Assert.Single(await host.Manager.GetCheckpointsAsync(sandbox.Id)));
        Assert.Equal(running ? SandboxState.Running : SandboxState.Stopped, host.Manager.Get(sandbox.Id).State);
        for (int time = 0; time < 2; time++)
        {
            await host.Manager.StartAsync(sandbox.Id);
            await DoAsync(host, sandbox, Damage);
            Assert.NotEqual(before, (await host.ShellAsync(sandbox, look)).StandardOutput);
            Assert.Equal(SandboxState.Running, (await host.Manager.RestoreAsync(sandbox.Id, "bEFORE", force: true)).State);
            Assert.Equal(before, await DoAsync(host, sandbox, look));
            Assert.NotEqual(0, (await host.ShellAsync(sandbox, "test -e ~/t/new")).ExitCode);
        }

        await host.Manager.StopAsync(sandbox.Id);
        Assert.Equal(SandboxState.Stopped, (await host.Manager.RestoreAsync(sandbox.Id, "Before")).State);
    }

    [Theory, MemberData(nameof(Disks))]
    public async Task What_hides_the_images_own_files_is_kept(string backend, bool limited)
    {
        await using var host = new SandboxHost();
        // The user that may write there: in a chroot that is the host's root only.
        Sandbox sandbox = await host.CreateAsync(backend, s => Disk(s, limited) with { User = "root" });
        // An engine mounts its own /etc/hosts.
        string moved = SandboxHost.IsEngine(backend) ? "/etc/networks" : "/etc/hosts";
        await DoAsync(host, sandbox, $"test -e {moved} || echo x > {moved}; rm /etc/services && rm -rf /etc/alternatives && mkdir /etc/alternatives && echo mine > /etc/alternatives/only && mv {moved} {moved}2");
        await host.Manager.CheckpointAsync(sandbox.Id, "hidden");
        await DoAsync(host, sandbox, $"echo back > /etc/services; rm -rf /etc/alternatives; mkdir -p /etc/alternatives/x; mv {moved}2 {moved}");
        await host.Manager.RestoreAsync(sandbox.Id, "hidden", force: true);
        Sandbox copy = await host.Manager.CloneAsync(sandbox.Id, "copy");
        foreach (Sandbox one in new[] { sandbox, copy })
        {
            Assert.Equal($"only\n{moved}2\n", (await host.ShellAsync(one, $"find /etc/alternatives -mindepth 1 -printf '%f\\n'; for f in {moved} {moved}2 /etc/services; do test ! -e $f || echo $f; done")).StandardOutput);
            // And the copy can go on hiding: white-outs are made as the host's root, whatever the ids.
            await DoAsync(host, one, "rm /etc/profile && ! test -e /etc/profile && echo x > /etc/profile && rm /etc/profile");
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public async Task A_copy_has_the_files_under_its_own_ids_and_lives_its_own_life(string backend, bool limited, bool running)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend, s => Disk(s, limited) with { Name = "first", Environment = new Dictionary<string, string> { ["A"] = "1" }, TimeToLive = TimeSpan.FromHours(3), Memory = 300L << 20 });
        (string make, string look) = Files(backend);
        await DoAsync(host, sandbox, make);
        string files = await DoAsync(host, sandbox, look);
        await host.Manager.CheckpointAsync(sandbox.Id, "mine");
        if (!running)
        {
            await host.Manager.StopAsync(sandbox.Id);
        }

        Sandbox copy = await host.Manager.CloneAsync(sandbox.Id, "second");
        Assert.Equal(("second", SandboxState.Running, 300L << 20), (copy.Name, copy.State, copy.Limits.Memory));
        Assert.NotEqual(sandbox.Id, copy.Id);
        Assert.InRange(copy.Expires!.Value - copy.Created, TimeSpan.FromHours(3), TimeSpan.FromHours(3));
        Assert.Equal(files, await DoAsync(host, copy, look));
        Assert.Equal("1\n", await DoAsync(host, copy, "echo $A"));
        Assert.Empty(await host.Manager.GetCheckpointsAsync(copy.Id));
        // Its user owns what the other's did, and can change it.
        await DoAsync(host, copy, "cd ~/t && test -O file && test -O dir/mode && echo changed > file && mkdir more && chown $(id -u) more && rm -rf dir");

        // A copy of a copy, and a restored copy, have two ranges of ids to tell apart.
        await host.Manager.CheckpointAsync(copy.Id, "own");
        Sandbox third = await host.Manager.CloneAsync(copy.Id, "third");
        await DoAsync(host, third, "cd ~/t && test -O file && test \"$(cat file)\" = changed && echo 3 > file");
        await DoAsync(host, copy, "echo later > ~/t/file");
        await host.Manager.RestoreAsync(copy.Id, "own", force: true);
        Assert.Equal("changed\n", await DoAsync(host, copy, "cat ~/t/file; test -O ~/t/file"));

        // And the first has seen nothing of all that.
        await host.Manager.RemoveAsync(copy.Id);
        await host.Manager.StartAsync(sandbox.Id);
        Assert.Equal(files, await DoAsync(host, sandbox, look));
        if (SandboxHost.IsEngine(backend) || backend == "Wsl")
        {
            return; // Whose user ids are the engine's, or the distribution's.
        }

        uint[] bases = [.. host.Manager.List().Select(s => new State.RecordStore(host.Home).TryRead(s.Id)!.IdBase)];
        Assert.Equal(2, bases.Distinct().Count());
    }

    [Theory, InlineData("Nspawn"), InlineData("Chroot"), InlineData("Wsl")]
    public async Task The_disk_limit_of_a_copy_and_of_what_was_restored_holds(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend, s => s with { DiskLimit = 64L << 20 });
        await host.Manager.CheckpointAsync(sandbox.Id, "empty");
        Sandbox copy = await host.Manager.CloneAsync(sandbox.Id);
        await host.Manager.RestoreAsync(sandbox.Id, "empty", force: true);
        foreach (Sandbox one in new[] { sandbox, copy })
        {
            Assert.Contains("No space left", (await host.ShellAsync(one, "head -c 100M /dev/zero > ~/big")).StandardError, StringComparison.Ordinal);
        }
    }

    [Theory, InlineData("Nspawn"), InlineData("Docker")]
    public async Task Twenty_checkpoints_each_have_their_own_moment_and_go_with_the_sandbox(string backend)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend);
        for (int i = 1; i <= 20; i++)
        {
            await DoAsync(host, sandbox, $"echo {i} > ~/n");
            await host.Manager.CheckpointAsync(sandbox.Id, $"c{i}");
        }

        Assert.Equal(Enumerable.Range(1, 20).Select(i => $"c{i}"), (await host.Manager.GetCheckpointsAsync(sandbox.Id)).Select(c => c.Name));
        await host.Manager.RemoveCheckpointAsync(sandbox.Id, "C13");
        Assert.Equal(19, (await host.Manager.GetCheckpointsAsync(sandbox.Id)).Count);
        foreach (int i in new[] { 7, 20, 1 })
        {
            await host.Manager.RestoreAsync(sandbox.Id, $"c{i}", force: true);
            Assert.Equal($"{i}\n", await DoAsync(host, sandbox, "cat ~/n"));
        }

        await host.Manager.RemoveAsync(sandbox.Id);
        await host.NothingIsLeftOfAsync(sandbox);
    }

    [Theory, MemberData(nameof(Disks))]
    public async Task A_writer_is_held_for_the_moment_and_what_is_kept_is_a_moment_of_its_work(string backend, bool limited)
    {
        await using var host = new SandboxHost();
        Sandbox sandbox = await host.CreateAsync(backend, s => Disk(s, limited));
        // Two files that are never more than one step apart, and a tree that changes all the time.
        const string Writer = """
            import itertools, os
            os.makedirs(os.path.expanduser("~/w"), exist_ok=True); os.chdir(os.path.expanduser("~/w"))
            a = os.open("a", os.O_CREAT | os.O_RDWR, 0o600); b = os.open("b", os.O_CREAT | os.O_RDWR, 0o600); gone = open("gone", "w"); os.unlink("gone")
            for n in itertools.count():
                os.pwrite(a, b"%012d" % n, 0); os.pwrite(b, b"%012d" % n, 0)
                os.makedirs("d/%d" % (n % 50), exist_ok=True); open("d/%d/f" % (n % 50), "w").write("x" * (n % 5000)); gone.write("y" * 100)
                if n % 7 == 0: os.remove("d/%d/f" % (n % 50))
                if n == 100: print("busy", flush=True)
            """;
        await using SandboxCommand writer = await host.Manager.StartCommandAsync(sandbox.Id, CommandSpecification.Shell($"exec python3 -c '{Writer}'"));
        Assert.Equal((byte)'b', await FirstByteAsync(writer));
        for (int i = 0; i < 4; i++)
        {
            await host.Manager.CheckpointAsync(sandbox.Id, $"w{i}");
            string now = await DoAsync(host, sandbox, "cat ~/w/a");
            await WaitForAsync(async () => await DoAsync(host, sandbox, "cat ~/w/a") != now); // It runs on.
        }

        await host.Manager.StopAsync(sandbox.Id);
        long last = -1;
        for (int i = 0; i < 4; i++)
        {
            await host.Manager.RestoreAsync(sandbox.Id, $"w{i}");
            await host.Manager.StartAsync(sandbox.Id);
            long[] both = [.. (await DoAsync(host, sandbox, "cat ~/w/a; echo; cat ~/w/b")).Split('\n').Select(long.Parse)];
            Assert.InRange(both[0] - both[1], 0, 1);
            Assert.True(both[0] > last);
            last = both[0];
            await DoAsync(host, sandbox, "find ~/w -type f -exec cat {} + > /dev/null && test ! -e ~/w/gone && echo more > ~/w/d/new");
            await host.Manager.StopAsync(sandbox.Id);
        }
    }

    internal static SandboxSpecification Disk(SandboxSpecification specification, bool limited) => specification with { DiskLimit = limited ? 256L << 20 : 0 };

    internal static async Task<string> DoAsync(SandboxHost host, Sandbox sandbox, string line)
    {
        CommandResult result = await host.ShellAsync(sandbox, line);
        Assert.Equal((0, ""), (result.ExitCode, result.StandardError));
        return result.StandardOutput;
    }

    internal static async Task WaitForAsync(Func<Task<bool>> condition)
    {
        for (int i = 0; i < 1000; i++)
        {
            if (await condition())
            {
                return;
            }

            await Task.Delay(20);
        }

        Assert.Fail("It never became true.");
    }

    private static async Task<int> FirstByteAsync(SandboxCommand command)
    {
        byte[] one = new byte[1];
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        Assert.Equal(1, await command.StandardOutput.ReadAsync(one, patience.Token));
        return one[0];
    }
}
