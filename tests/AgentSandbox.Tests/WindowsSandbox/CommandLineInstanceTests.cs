using AgentSandbox.Backends.WindowsSandbox.Cli;
using AgentSandbox.Backends.WindowsSandbox.Instance;
using AgentSandbox.Backends.WindowsSandbox.Readiness;

namespace AgentSandbox.Tests.WindowsSandbox;

public sealed class CommandLineInstanceTests
{
    private const string Id = "9a2c5e7b-0d1f-4b3a-8c6d-1e2f3a4b5c6d";
    private const string Foreign = "00000000-0000-0000-0000-000000000001";
    private static readonly WsbException s_lateSuccess = new("start", "Das System kann die angegebene Datei nicht finden.", WsbStatus.FileNotFound);

    private readonly StepClock _clock = new();
    private readonly FakeWsb _wsb;
    private readonly CommandLineInstance _instance;
    private readonly List<InstanceState> _persisted = [];
    private readonly List<string> _said = [];

    public CommandLineInstanceTests()
    {
        _wsb = new FakeWsb(_clock);
        _instance = new CommandLineInstance(_wsb, _clock, ids => ids.Contains(Foreign) ? InstanceErrors.NotOurs : "that of the sandbox 'other'");
    }

    [Fact]
    public async Task An_instance_starts_is_logged_on_and_its_id_was_stored_before()
    {
        InstanceState state = await StartAsync();
        Assert.Equal(InstancePhase.Started, state.Phase);
        Assert.Equal([InstancePhase.Starting, InstancePhase.Started], _persisted.Select(p => p.Phase));
        Assert.All(_persisted, p => Assert.Equal(Id, p.InstanceId));
        Assert.Equal(["start", "connect"], _wsb.Calls);
        Assert.Contains(_said, s => s.Contains("tens of seconds", StringComparison.Ordinal));
        Assert.True(await _instance.IsThereAsync(state, default));
    }

    [Fact]
    public async Task The_client_is_connected_once_however_long_the_logon_takes()
    {
        _wsb.LoggedOnAfter = TimeSpan.FromSeconds(90);
        await StartAsync();
        Assert.Single(_wsb.Calls, "connect");
    }

    [Fact]
    public async Task A_logon_that_never_comes_fails_within_its_time()
    {
        _wsb.LoggedOnAfter = null;
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => StartAsync());
        Assert.Equal(SandboxErrorId.StartFailed, e.ErrorId);
        Assert.InRange(_clock.Passed, InstanceTimes.LogOn, InstanceTimes.LogOn + TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_client_that_can_not_connect_fails_the_start()
    {
        _wsb.ConnectFailure = new WsbException("connect", "no", 1);
        Assert.Equal(SandboxErrorId.StartFailed, (await Assert.ThrowsAsync<SandboxException>(() => StartAsync())).ErrorId);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(44)]
    public async Task A_failed_start_that_succeeds_late_is_taken_for_what_it_is(int seconds)
    {
        _wsb.StartFailure = s_lateSuccess;
        _wsb.ListedAfter = TimeSpan.FromSeconds(seconds);
        Assert.Equal(Id, (await StartAsync()).InstanceId);
    }

    [Fact]
    public async Task Unreadable_words_instead_of_an_answer_are_resolved_by_the_list_too()
    {
        _wsb.StartFailure = new WsbException("start", "It did not answer with JSON: 'Windows-Sandbox wurde gestartet.'");
        Assert.Equal(Id, (await StartAsync()).InstanceId);
    }

    [Fact]
    public async Task A_failed_start_of_which_nothing_comes_is_a_failure_after_45_seconds()
    {
        _wsb.StartFailure = s_lateSuccess;
        _wsb.ListedAfter = null;
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => StartAsync());
        Assert.Equal(SandboxErrorId.StartFailed, e.ErrorId);
        Assert.Contains("0x80070002", e.Message, StringComparison.Ordinal);
        Assert.InRange(_clock.Passed, InstanceTimes.LateSuccess, InstanceTimes.LateSuccess + TimeSpan.FromSeconds(2));
        Assert.True(await _instance.EndAsync(_persisted[^1], wait: true, default));
        Assert.DoesNotContain(_wsb.Calls, c => c.StartsWith("stop", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_late_instance_that_is_not_ours_is_never_taken()
    {
        _wsb.StartFailure = s_lateSuccess;
        _wsb.ListedAfter = null;
        _ = Task.Run(() => SpinWait.SpinUntil(() => _clock.Passed > TimeSpan.FromSeconds(5), 20_000)).ContinueWith(_ => _wsb.OpenForeign(Foreign), TaskScheduler.Default);
        await Assert.ThrowsAsync<SandboxException>(() => StartAsync());
        Assert.True(await _instance.EndAsync(_persisted[^1], wait: true, default));
        Assert.Equal(Foreign, _wsb.Instance);
    }

    [Theory]
    [InlineData(Foreign, "not this product's")]
    [InlineData("00000000-0000-0000-0000-000000000002", "sandbox 'other'")]
    public async Task A_second_instance_is_an_error_that_names_who_has_the_first(string id, string holder)
    {
        _wsb.OpenForeign(id);
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => StartAsync());
        Assert.Equal(SandboxErrorId.SandboxInstanceInUse, e.ErrorId);
        Assert.Contains(holder, e.Message, StringComparison.Ordinal);
        Assert.Empty(_wsb.Calls);
        Assert.Empty(_persisted);
    }

    [Fact]
    public async Task One_that_is_opened_in_the_same_moment_is_seen_by_the_status()
    {
        _wsb.Instance = Foreign; // Not listed yet.
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => StartAsync());
        Assert.Equal(SandboxErrorId.SandboxInstanceInUse, e.ErrorId);
        Assert.Equal(InstancePhase.Ended, _persisted[^1].Phase);
        Assert.True(await _instance.EndAsync(_persisted[^1], wait: true, default));
        Assert.Equal(Foreign, _wsb.Instance);
    }

    [Fact]
    public async Task Another_id_than_the_one_asked_for_is_not_ours()
    {
        _wsb.OtherId = Foreign;
        _wsb.ListedAfter = null;
        Assert.Equal(SandboxErrorId.StartFailed, (await Assert.ThrowsAsync<SandboxException>(() => StartAsync())).ErrorId);
    }

    [Fact]
    public async Task A_cut_short_start_is_waited_for_and_ended_when_it_comes_late()
    {
        _wsb.StartHangs = true;
        _wsb.ListedAfter = TimeSpan.FromSeconds(30);
        using var cancel = new CancellationTokenSource(50);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => StartAsync(cancel.Token));
        InstanceState state = _persisted[^1];
        Assert.NotNull(state.StartOver);
        Assert.False(await _instance.EndAsync(state, wait: false, default)); // Not certain yet, and a look does not wait.
        Assert.True(await _instance.EndAsync(state, wait: true, default));
        Assert.Contains($"stop {Id}", _wsb.Calls);
        Assert.Null(_wsb.Instance);
    }

    [Fact]
    public async Task After_a_kill_an_unfinished_start_is_uncertain_for_its_time_only()
    {
        var state = new InstanceState { InstanceId = Id, Way = StartWay.CommandLine, Phase = InstancePhase.Starting, StartAsked = _clock.Now };
        Assert.False(await _instance.EndAsync(state, wait: false, default));
        _clock.Advance(InstanceTimes.Unknown + TimeSpan.FromSeconds(1));
        Assert.True(await _instance.EndAsync(state, wait: false, default));
    }

    [Fact]
    public async Task Only_our_id_is_stopped()
    {
        InstanceState state = await StartAsync();
        _wsb.Instance = Foreign;
        Assert.True(await _instance.EndAsync(state, wait: true, default));
        Assert.DoesNotContain(_wsb.Calls, c => c.StartsWith("stop", StringComparison.Ordinal));
        Assert.False(await _instance.IsThereAsync(state, default));
    }

    [Fact]
    public async Task One_that_does_not_end_is_an_error_after_its_time()
    {
        InstanceState state = await StartAsync();
        _wsb.StopIsIgnored = true;
        Assert.Equal(SandboxErrorId.CleanupFailed, (await Assert.ThrowsAsync<SandboxException>(() => _instance.EndAsync(state, wait: true, default))).ErrorId);
        Assert.True(_wsb.Calls.Count(c => c == $"stop {Id}") > 1);
    }

    [Fact]
    public async Task A_list_that_fails_is_no_evidence_that_there_is_none()
    {
        InstanceState state = await StartAsync();
        _wsb.ListFailure = new WsbException("list", "Es ist ein Fehler aufgetreten.", unchecked((int)0x80004005));
        await Assert.ThrowsAsync<SandboxException>(() => _instance.IsThereAsync(state, default));
        Assert.Equal(SandboxErrorId.CleanupFailed, (await Assert.ThrowsAsync<SandboxException>(() => _instance.EndAsync(state, wait: true, default))).ErrorId);
    }

    private Task<InstanceState> StartAsync(CancellationToken cancellationToken = default) => _instance.StartAsync(
        new InstanceStart("demo", new InstanceState { InstanceId = Id, Way = StartWay.CommandLine, Phase = InstancePhase.Planned }, "<Configuration/>", "", _persisted.Add, _said.Add), cancellationToken);
}
