using AgentSandbox.Backends.WindowsSandbox.Cli;
using AgentSandbox.Backends.WindowsSandbox.Instance;
using AgentSandbox.Backends.WindowsSandbox.Readiness;

namespace AgentSandbox.Tests.WindowsSandbox;

public sealed class ConfigurationFileInstanceTests : IDisposable
{
    private static readonly ProcessIdentity s_ours = new(10, 100), s_helper = new(11, 200), s_reused = new(10, 900);
    private readonly StepClock _clock = new();
    private readonly Processes _processes = new();
    private readonly Launcher _launcher;
    private readonly ConfigurationFileInstance _instance;
    private readonly List<InstanceState> _persisted = [];
    private readonly string _file = Path.GetTempFileName();

    public ConfigurationFileInstanceTests()
    {
        _launcher = new Launcher(_processes);
        _instance = new ConfigurationFileInstance("/WindowsSandbox.exe", _launcher, _processes, _clock);
    }

    public void Dispose() => File.Delete(_file);

    [Fact]
    public async Task The_processes_that_came_are_the_proof_and_are_stored()
    {
        InstanceState state = await StartAsync();
        Assert.Equal([s_ours], state.Processes);
        Assert.Equal([InstancePhase.Starting, InstancePhase.Started], _persisted.Select(p => p.Phase));
        Assert.Equal("<Configuration/>", await File.ReadAllTextAsync(_file));
        Assert.Equal([_file], _launcher.Arguments);
        Assert.True(await _instance.IsThereAsync(state, default));
        Assert.Null(_instance.RunGuest(state, "x", default));
    }

    [Fact]
    public async Task It_is_ended_with_helpers_that_came_later()
    {
        InstanceState state = await StartAsync();
        _processes.All.Add(s_helper);
        Assert.True(await _instance.EndAsync(state, wait: true, default));
        Assert.Empty(_processes.All);
    }

    [Fact]
    public async Task One_that_runs_already_is_not_ours_and_stays()
    {
        _processes.All.Add(s_helper);
        Assert.Equal(SandboxErrorId.SandboxInstanceInUse, (await Assert.ThrowsAsync<SandboxException>(() => StartAsync())).ErrorId);
        Assert.Empty(_persisted);
        Assert.Null(_launcher.Arguments);
    }

    [Fact]
    public async Task A_number_that_is_used_again_is_not_ours()
    {
        InstanceState state = await StartAsync();
        _processes.All[0] = s_reused;
        Assert.False(await _instance.IsThereAsync(state, default));
        Assert.True(await _instance.EndAsync(state, wait: true, default));
        Assert.Equal([s_reused], _processes.All);
    }

    [Fact]
    public async Task Another_users_processes_are_seen_and_never_a_proof()
    {
        _launcher.Makes = [new ProcessIdentity(12, 0)];
        Assert.Equal(SandboxErrorId.StartFailed, (await Assert.ThrowsAsync<SandboxException>(() => StartAsync())).ErrorId);
        Assert.Equal(SandboxErrorId.CleanupFailed, (await Assert.ThrowsAsync<SandboxException>(() => _instance.EndAsync(_persisted[^1], wait: true, default))).ErrorId);
        Assert.Single(_processes.All);
    }

    [Fact]
    public async Task Killed_between_start_and_proof_nothing_is_ended_on_suspicion()
    {
        var state = new InstanceState { InstanceId = "x", Way = StartWay.ConfigurationFile, Phase = InstancePhase.Starting, StartAsked = _clock.Now };
        Assert.True(await _instance.EndAsync(state, wait: true, default)); // None came.
        state = state with { StartAsked = _clock.Now };
        Assert.False(await _instance.EndAsync(state, wait: false, default));
        _processes.All.Add(s_ours);
        Assert.Equal(SandboxErrorId.CleanupFailed, (await Assert.ThrowsAsync<SandboxException>(() => _instance.EndAsync(state, wait: true, default))).ErrorId);
        Assert.Single(_processes.All);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(unchecked((int)0x80070002))]
    public async Task A_program_that_fails_fails_the_start(int code)
    {
        _launcher.Code = code;
        _launcher.Makes = [];
        Assert.Equal(SandboxErrorId.StartFailed, (await Assert.ThrowsAsync<SandboxException>(() => StartAsync())).ErrorId);
    }

    [Fact]
    public async Task No_process_within_its_time_fails_the_start()
    {
        _launcher.Makes = [];
        Assert.Equal(SandboxErrorId.StartFailed, (await Assert.ThrowsAsync<SandboxException>(() => StartAsync())).ErrorId);
        Assert.InRange(_clock.Passed, InstanceTimes.Appear, InstanceTimes.Appear + TimeSpan.FromSeconds(2));
    }

    private Task<InstanceState> StartAsync() => _instance.StartAsync(
        new InstanceStart("demo", new InstanceState { InstanceId = "x", Way = StartWay.ConfigurationFile, Phase = InstancePhase.Planned }, "<Configuration/>", _file, _persisted.Add, _ => { }), default);

    private sealed class Processes : ISandboxProcesses
    {
        public List<ProcessIdentity> All { get; } = [];

        public IReadOnlyList<ProcessIdentity> Find() => [.. All];

        public void End(ProcessIdentity process) => All.Remove(process);
    }

    private sealed class Launcher(Processes processes) : IClientLauncher
    {
        public int? Code { get; set; }

        public ProcessIdentity[] Makes { get; set; } = [s_ours];

        public IReadOnlyList<string>? Arguments { get; private set; }

        public Task<int?> LaunchAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
        {
            Arguments = arguments;
            processes.All.AddRange(Makes);
            return Task.FromResult(Code);
        }
    }
}
