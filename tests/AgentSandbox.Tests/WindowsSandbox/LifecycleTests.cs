using AgentSandbox.Backends.WindowsSandbox.Cli;
using AgentSandbox.Backends.WindowsSandbox.Instance;
using AgentSandbox.Backends.WindowsSandbox.Keeping;
using AgentSandbox.Backends.WindowsSandbox.Readiness;
using AgentSandbox.State;

namespace AgentSandbox.Tests.WindowsSandbox;

/// <summary>The provider with keepers in this process over a <c>wsb.exe</c> in memory.</summary>
[Collection("Windows Sandbox in memory")] // One at a time: they name the programs' folder by the environment.
public sealed class LifecycleTests
{
    private const string Foreign = "00000000-0000-0000-0000-000000000001";

    [Fact]
    public async Task A_sandbox_is_created_seen_and_removed_and_nothing_is_left()
    {
        await using var world = new SandboxWorld();
        Sandbox sandbox = await world.CreateAsync();
        Assert.Equal(SandboxState.Running, sandbox.State);
        Assert.Equal(world.State(sandbox.Id).InstanceId, world.Wsb.Instance);
        Assert.Contains(world.Said, s => s.Contains("starting", StringComparison.Ordinal));
        Assert.Equal("demo", Assert.Single(await world.NewProvider().ListAsync(default)).Name);
        Assert.Equal(sandbox.Id, (await world.NewProvider().TryGetAsync("DEMO", default))!.Id);
        Assert.True(await world.NewProvider().HasAsync(sandbox.Id, default));
        Assert.Contains(@"<SandboxFolder>C:\agentsandbox\up</SandboxFolder><ReadOnly>false", world.Wsb.Configuration, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(world.Paths(sandbox.Id).Program, "agentsandbox-guest.exe")));

        await world.NewProvider().RemoveAsync(sandbox.Id, default);
        Assert.Null(world.Wsb.Instance);
        Assert.Empty(await world.Provider.ListAsync(default));
        Assert.False(Directory.Exists(world.Paths(sandbox.Id).Data));
        Assert.Equal(SandboxErrorId.SandboxNotFound, (await Assert.ThrowsAsync<SandboxException>(() => world.Provider.RemoveAsync(sandbox.Id, default))).ErrorId);
        await world.CreateAsync(); // The name and the instance are free again.
    }

    [Fact]
    public async Task A_second_sandbox_is_refused_with_the_holders_name_and_the_first_lives_on()
    {
        await using var world = new SandboxWorld();
        Sandbox first = await world.CreateAsync();
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => world.NewProvider().CreateAsync(SandboxWorld.Specification("second"), false, null, default));
        Assert.Equal(SandboxErrorId.SandboxInstanceInUse, e.ErrorId);
        Assert.Contains("'demo'", e.Message, StringComparison.Ordinal);
        Assert.Contains($"process {Environment.ProcessId}", e.Message, StringComparison.Ordinal);
        Assert.Equal(SandboxState.Running, Assert.Single(await world.Provider.ListAsync(default)).State);
        Assert.Equal(world.State(first.Id).InstanceId, world.Wsb.Instance);
    }

    [Fact]
    public async Task One_that_is_not_ours_is_named_so_and_never_ended()
    {
        await using var world = new SandboxWorld();
        world.Wsb.OpenForeign(Foreign);
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => world.CreateAsync());
        Assert.Equal(SandboxErrorId.SandboxInstanceInUse, e.ErrorId);
        Assert.Contains("not this product's", e.Message, StringComparison.Ordinal);
        Assert.Equal(Foreign, world.Wsb.Instance);
        Nothing(world);
    }

    public static TheoryData<string> Failures { get; } = ["start", "logon", "connect", "guest", "guest ended", "deaf", "hostile", "list", "mount"];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_failed_create_leaves_nothing(string what)
    {
        await using var world = new SandboxWorld();
        SandboxSpecification specification = SandboxWorld.Specification();
        switch (what)
        {
            case "start": (world.Wsb.StartFailure, world.Wsb.ListedAfter) = (new WsbException("start", "Fehler", unchecked((int)0x80070005)), null); break;
            case "logon": world.Wsb.LoggedOnAfter = null; break;
            case "connect": world.Wsb.ConnectFailure = new WsbException("connect", "Fehler", 1); break;
            case "guest": world.Wsb.GuestFailure = new WsbException("exec", "Fehler", WsbStatus.FileNotFound); break;
            case "guest ended": world.Wsb.EndGuest(3); world.Door.IsDeaf = true; break;
            case "deaf": world.Door.IsDeaf = true; break;
            case "hostile": world.Door.IsHostile = true; break;
            case "list": world.Wsb.ListFailure = new WsbException("list", "Fehler"); break;
            default: specification = specification with { Mounts = [new SandboxMount { Source = "/nonexistent", Target = @"C:\work" }] }; break;
        }

        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => world.CreateAsync(specification));
        Assert.Equal(what switch { "hostile" => SandboxErrorId.ProtocolViolation, "list" => SandboxErrorId.BackendNotAvailable, _ => SandboxErrorId.StartFailed }, e.ErrorId);
        Assert.Null(world.Wsb.Instance);
        Nothing(world);
        await SandboxWorld.UntilAsync(() => world.Codes.Contains(1));
    }

    [Fact]
    public async Task A_late_success_makes_a_sandbox_all_the_same()
    {
        await using var world = new SandboxWorld();
        world.Wsb.StartFailure = new WsbException("start", "Das System kann die angegebene Datei nicht finden.", WsbStatus.FileNotFound);
        world.Wsb.ListedAfter = TimeSpan.FromSeconds(20);
        Assert.Equal(SandboxState.Running, (await world.CreateAsync()).State);
    }

    [Fact]
    public async Task A_guest_that_answers_late_is_waited_for()
    {
        await using var world = new SandboxWorld();
        world.Door.DeafTimes = 1;
        world.Answer = TimeSpan.FromSeconds(30);
        Assert.Equal(SandboxState.Running, (await world.CreateAsync()).State);
    }

    [Fact]
    public async Task A_cancelled_create_ends_an_instance_that_comes_late()
    {
        await using var world = new SandboxWorld();
        world.Wsb.StartHangs = true;
        world.Wsb.ListedAfter = TimeSpan.FromSeconds(20);
        using var cancel = new CancellationTokenSource(200);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => world.CreateAsync(cancellationToken: cancel.Token));
        Assert.Contains(world.Wsb.Calls, c => c.StartsWith("stop ", StringComparison.Ordinal));
        Assert.Null(world.Wsb.Instance);
        Nothing(world);
    }

    [Fact]
    public async Task An_instance_whose_window_was_closed_is_a_failed_sandbox_without_files()
    {
        await using var world = new SandboxWorld();
        Sandbox sandbox = await world.CreateAsync();
        world.Wsb.Vanish();
        await FailedAsync(world, sandbox.Id, "window was closed");
        Assert.False(Directory.Exists(world.Paths(sandbox.Id).Share));
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => world.Provider.StartCommandAsync(sandbox.Id, new CommandSpecification { Arguments = ["x"] }, default));
        Assert.Equal(SandboxErrorId.SandboxNotRunning, e.ErrorId);
        await world.Provider.RemoveAsync(sandbox.Id, default);
        Nothing(world);
    }

    [Fact]
    public async Task One_that_vanishes_while_its_guest_seems_to_live_is_seen_too()
    {
        await using var world = new SandboxWorld();
        Sandbox sandbox = await world.CreateAsync();
        world.Wsb.Instance = null;
        await FailedAsync(world, sandbox.Id, "is gone");
    }

    [Fact]
    public async Task A_guest_program_that_ends_ends_the_sandbox()
    {
        await using var world = new SandboxWorld();
        Sandbox sandbox = await world.CreateAsync();
        world.Wsb.EndGuest(1);
        await FailedAsync(world, sandbox.Id, "guest program ended");
        Assert.Null(world.Wsb.Instance);
    }

    [Fact]
    public async Task A_guest_that_floods_its_folder_is_ended()
    {
        await using var world = new SandboxWorld();
        Sandbox sandbox = await world.CreateAsync();
        File.WriteAllText(Path.Combine(world.Paths(sandbox.Id).Up, "evil"), "");
        await FailedAsync(world, sandbox.Id, "broke the bounds");
        Assert.Null(world.Wsb.Instance);
        Assert.False(Directory.Exists(world.Paths(sandbox.Id).Share));
    }

    [Fact]
    public async Task A_list_that_fails_for_a_while_ends_nothing()
    {
        await using var world = new SandboxWorld();
        Sandbox sandbox = await world.CreateAsync();
        world.Wsb.ListFailure = new WsbException("list", "Fehler");
        await Task.Delay(500);
        world.Wsb.ListFailure = null;
        Assert.Equal(SandboxState.Running, (await world.Provider.TryGetAsync(sandbox.Id, default))!.State);
    }

    [Fact]
    public async Task Its_time_ends_it_and_nothing_is_left()
    {
        await using var world = new SandboxWorld();
        world.Clock.Advance(DateTimeOffset.UtcNow - world.Clock.Now);
        Sandbox sandbox = await world.CreateAsync(SandboxWorld.Specification() with { TimeToLive = TimeSpan.FromMinutes(5) });
        Assert.NotNull(sandbox.Expires);
        world.Clock.Advance(TimeSpan.FromMinutes(5));
        await SandboxWorld.UntilAsync(() => !Directory.Exists(world.Paths(sandbox.Id).Data));
        Assert.Null(world.Wsb.Instance);
        Assert.Empty(await world.Provider.ListAsync(default));
    }

    [Fact]
    public async Task A_throw_away_sandbox_ends_with_who_made_it()
    {
        await using var world = new SandboxWorld();
        Sandbox sandbox = await world.CreateAsync(throwAway: true);
        Assert.Equal(SandboxState.Running, sandbox.State);
        await world.Provider.DisposeAsync();
        await SandboxWorld.UntilAsync(() => !Directory.Exists(world.Paths(sandbox.Id).Data));
        Assert.Null(world.Wsb.Instance);
    }

    [Fact]
    public async Task Stopping_is_refused_because_files_would_be_lost()
    {
        await using var world = new SandboxWorld();
        Sandbox sandbox = await world.CreateAsync();
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => world.Provider.StopAsync(sandbox.Id, default));
        Assert.Equal(SandboxErrorId.NotEnforceable, e.ErrorId);
        Assert.Contains("lost", e.Message, StringComparison.Ordinal);
        Assert.Equal(SandboxState.Running, (await world.Provider.StartAsync(sandbox.Id, default)).State);
        world.Wsb.Vanish();
        await FailedAsync(world, sandbox.Id, "gone");
        Assert.Equal(SandboxErrorId.NotEnforceable, (await Assert.ThrowsAsync<SandboxException>(() => world.Provider.StartAsync(sandbox.Id, default))).ErrorId);
    }

    [Fact]
    public async Task Another_user_than_the_one_there_is_is_refused_for_a_command()
    {
        await using var world = new SandboxWorld();
        Sandbox sandbox = await world.CreateAsync();
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => world.Provider.StartCommandAsync(sandbox.Id, new CommandSpecification { Arguments = ["x"], User = "root" }, default));
        Assert.Equal(SandboxErrorId.UserNotFound, e.ErrorId);
    }

    [Theory]
    [InlineData(InstancePhase.Planned)]
    [InlineData(InstancePhase.Started)]
    [InlineData(InstancePhase.Running)]
    public async Task What_a_kill_of_creator_and_keeper_left_is_repaired_by_the_next_look(object phase)
    {
        await using var world = new SandboxWorld();
        (string id, string instance) = Killed(world, (InstancePhase)phase, complete: false);
        world.Wsb.OpenForeign(instance);
        Assert.Empty(await world.Provider.ListAsync(default));
        Assert.Equal((InstancePhase)phase == InstancePhase.Planned, world.Wsb.Instance == instance); // What was never started can't be ours.
        Assert.False(Directory.Exists(world.Paths(id).Data));
    }

    [Fact]
    public async Task After_a_kill_in_the_middle_of_a_start_it_is_not_forgotten_until_it_is_certain()
    {
        await using var world = new SandboxWorld();
        (string id, string instance) = Killed(world, InstancePhase.Starting, complete: false);
        Assert.Equal(SandboxState.Removing, Assert.Single(await world.Provider.ListAsync(default)).State);
        world.Wsb.OpenForeign(instance); // Late.
        Assert.Empty(await world.Provider.ListAsync(default));
        Assert.Null(world.Wsb.Instance);
        Assert.False(Directory.Exists(world.Paths(id).Data));
    }

    [Fact]
    public async Task A_sandbox_whose_keeper_was_killed_is_ended_and_says_so()
    {
        await using var world = new SandboxWorld();
        (string id, string instance) = Killed(world, InstancePhase.Running, complete: true);
        world.Wsb.OpenForeign(instance);
        Sandbox sandbox = Assert.Single(await world.Provider.ListAsync(default));
        Assert.Equal(SandboxState.Failed, sandbox.State);
        Assert.Contains("keeper was killed", sandbox.StateReason, StringComparison.Ordinal);
        Assert.Null(world.Wsb.Instance);
        await world.Provider.RemoveAsync(id, default);
        Nothing(world);
    }

    [Fact]
    public async Task A_kill_never_ends_an_instance_that_is_not_ours()
    {
        await using var world = new SandboxWorld();
        Killed(world, InstancePhase.Running, complete: false);
        world.Wsb.OpenForeign(Foreign);
        Assert.Empty(await world.Provider.ListAsync(default));
        Assert.Equal(Foreign, world.Wsb.Instance);
    }

    [Fact]
    public async Task Without_Windows_Sandbox_there_is_nothing_to_end_and_a_record_can_be_removed()
    {
        await using var world = new SandboxWorld();
        (string id, _) = Killed(world, InstancePhase.Running, complete: true);
        world.Ready = new Readiness(ReadinessStep.FeatureOff, null, null, "off", "enable");
        await world.Provider.RemoveAsync(id, default);
        Nothing(world);
        Assert.Equal(SandboxErrorId.BackendNotAvailable, (await Assert.ThrowsAsync<SandboxException>(() => world.CreateAsync())).ErrorId);
    }

    [Fact]
    public async Task An_instance_that_does_not_end_keeps_its_record_for_another_try()
    {
        await using var world = new SandboxWorld();
        Sandbox sandbox = await world.CreateAsync();
        world.Wsb.StopIsIgnored = true;
        Assert.Equal(SandboxErrorId.CleanupFailed, (await Assert.ThrowsAsync<SandboxException>(() => world.Provider.RemoveAsync(sandbox.Id, default))).ErrorId);
        world.Wsb.StopIsIgnored = false;
        await world.Provider.RemoveAsync(sandbox.Id, default);
        Nothing(world);
    }

    [Fact]
    public async Task Where_nobody_ever_made_one_looking_makes_nothing()
    {
        await using var world = new SandboxWorld();
        Assert.Empty(await world.Provider.ListAsync(default));
        Assert.Null(await world.Provider.TryGetAsync("demo", default));
        Assert.False(await world.Provider.HasAsync("0123456789ab", default));
        Assert.False(Directory.Exists(world.Own.Data));
    }

    /// <summary>What processes that were killed leave: locks are free, files are there.</summary>
    private static (string Id, string Instance) Killed(SandboxWorld world, InstancePhase phase, bool complete)
    {
        var store = new RecordStore(world.Own);
        (SandboxRecord record, FileLock creating) = store.Add(SandboxWorld.Specification(), DateTimeOffset.UtcNow, throwAway: false);
        string instance = Guid.NewGuid().ToString();
        GuestFolders.Make(world.Paths(record.Id), Path.Combine(Environment.GetEnvironmentVariable("AGENTSANDBOX_PROGRAMS")!, "windows-guest"));
        var state = new InstanceState { InstanceId = instance, Way = StartWay.CommandLine, Phase = phase, StartAsked = world.Clock.Now };
        StateFile.Write(world.Paths(record.Id).State, state, InstanceJson.Default.InstanceState);
        if (complete)
        {
            store.Complete(record, creating);
        }

        creating.Dispose();
        return (record.Id, instance);
    }

    private static async Task FailedAsync(SandboxWorld world, string id, string reason)
    {
        await SandboxWorld.UntilAsync(() => !FileLock.IsHeld(world.Paths(id).KeeperLock));
        Sandbox sandbox = (await world.Provider.TryGetAsync(id, default))!;
        Assert.Equal(SandboxState.Failed, sandbox.State);
        Assert.Contains(reason, sandbox.StateReason, StringComparison.Ordinal);
    }

    private static void Nothing(SandboxWorld world)
    {
        Assert.Empty(new RecordStore(world.Own).Ids());
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(world.Own.Data, "names")));
    }
}
