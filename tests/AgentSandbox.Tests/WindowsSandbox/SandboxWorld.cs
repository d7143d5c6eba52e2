using System.Collections.Concurrent;
using AgentSandbox.Backends.WindowsSandbox;
using AgentSandbox.Backends.WindowsSandbox.Configuration;
using AgentSandbox.Backends.WindowsSandbox.Instance;
using AgentSandbox.Backends.WindowsSandbox.Keeping;
using AgentSandbox.Backends.WindowsSandbox.Readiness;
using AgentSandbox.Backends.WindowsSandbox.Setup;
using AgentSandbox.State;

namespace AgentSandbox.Tests.WindowsSandbox;

/// <summary>A machine with Windows Sandbox, in memory but for its state folder: keepers are tasks that a test can kill, time steps.</summary>
internal sealed class SandboxWorld : IKeeperLauncher, IAsyncDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("agentsandbox-wsb").FullName;
    private readonly string? _programs = Environment.GetEnvironmentVariable("AGENTSANDBOX_PROGRAMS");
    private readonly ConcurrentBag<Task> _keepers = [];
    private readonly CancellationTokenSource _end = new();

    public SandboxWorld()
    {
        Clock = new StepClock();
        Wsb = new FakeWsb(Clock);
        Home = new SandboxHome(_root);
        string guest = Directory.CreateDirectory(Path.Combine(_root, "programs", "windows-guest")).FullName;
        File.WriteAllText(Path.Combine(guest, "agentsandbox-guest.exe"), "");
        Environment.SetEnvironmentVariable("AGENTSANDBOX_PROGRAMS", Path.Combine(_root, "programs"));
        Provider = NewProvider();
    }

    public StepClock Clock { get; }

    public FakeWsb Wsb { get; }

    public FakeDoor Door { get; } = new();

    public SandboxHome Home { get; }

    /// <summary>The backend's own state folder.</summary>
    public SandboxHome Own => WindowsSandboxes.HomeBelow(Home);

    public WindowsSandboxes Provider { get; }

    public ConcurrentQueue<string> Said { get; } = [];

    /// <summary>What the machine is said to be.</summary>
    public Readiness Ready { get; set; } = new(ReadinessStep.Ready, StartWay.CommandLine, "wsb 1", null, null);

    /// <summary>How long a guest may take to answer.</summary>
    public TimeSpan Answer { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Exit codes of keepers that have ended.</summary>
    public ConcurrentQueue<int> Codes { get; } = [];

    public InstancePaths Paths(string id) => new(Own, id);

    public InstanceState State(string id) => StateFile.TryRead(Paths(id).State, InstanceJson.Default.InstanceState)!;

    /// <summary>As another process sees it.</summary>
    public WindowsSandboxes NewProvider() =>
        new(Home, new WindowsSandboxBackend(Home, new SandboxMachine(Own), new ElevatedLauncher()), this, Door, _ => Task.FromResult<IInstance>(NewInstance()), _ => Task.FromResult(Ready));

    public CommandLineInstance NewInstance() => new(Wsb, Clock, ids => InstanceHolder.Describe(Own, null, ids));

    public static SandboxSpecification Specification(string? name = "demo") => WindowsSandboxRules.ApplyDefaults(new SandboxSpecification { Name = name }, "WindowsSandbox");

    public Task<Sandbox> CreateAsync(SandboxSpecification? specification = null, bool throwAway = false, CancellationToken cancellationToken = default) =>
        Provider.CreateAsync(specification ?? Specification(), throwAway, new Progress(Said), cancellationToken);

    public async Task StartAsync(string id, string name, Action<string> say, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource<KeeperReport>(TaskCreationOptions.RunContinuationsAsynchronously);
        var surroundings = new KeeperSurroundings
        {
            Home = Own, Instance = NewInstance(), Door = Door, Folders = new HostFolders(), Clock = Clock, Look = TimeSpan.FromMilliseconds(20), Ask = TimeSpan.FromMilliseconds(200), Answer = Answer,
        };
        void Report(KeeperReport report)
        {
            if (report.Progress is { } text)
            {
                say(text);
            }
            else
            {
                done.TrySetResult(report);
            }
        }

        Task<int> keeper = Task.Run(() => new Keeper(surroundings, id, Report).RunAsync(_end.Token), CancellationToken.None);
        _keepers.Add(keeper.ContinueWith(k => Codes.Enqueue(k.Result), TaskScheduler.Default));
        KeeperReport last = await done.Task.WaitAsync(cancellationToken);
        if (last.ErrorId is { } errorId)
        {
            await keeper.WaitAsync(cancellationToken);
            throw new SandboxException(errorId, last.Message!, last.RecommendedAction!, name);
        }
    }

    /// <summary>Waits, in real time, until something is so.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        for (int i = 0; i < 1000; i++)
        {
            if (condition())
            {
                return;
            }

            await Task.Delay(10);
        }

        Assert.Fail("It did not become so within 10 s.");
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_keepers).WaitAsync(TimeSpan.FromSeconds(30));
        await Provider.DisposeAsync();
        _end.Dispose();
        Environment.SetEnvironmentVariable("AGENTSANDBOX_PROGRAMS", _programs);
        HostileFolder.Delete(_root);
    }

    private sealed class Progress(ConcurrentQueue<string> said) : IProgress<SandboxProgress>
    {
        public void Report(SandboxProgress value) => said.Enqueue(value.Status);
    }
}
