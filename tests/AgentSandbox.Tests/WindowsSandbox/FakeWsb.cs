using AgentSandbox.Backends.WindowsSandbox.Cli;
using AgentSandbox.Backends.WindowsSandbox.Instance;

namespace AgentSandbox.Tests.WindowsSandbox;

/// <summary>A <c>wsb.exe</c> in memory, as documented, with the failures that were measured.</summary>
internal sealed class FakeWsb(StepClock clock) : IWsbCli
{
    private TaskCompletionSource<int> _guest = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DateTimeOffset _listedFrom = DateTimeOffset.MaxValue;
    private DateTimeOffset _loggedOnFrom = DateTimeOffset.MaxValue;

    /// <summary>Calls, such as <c>start</c> and <c>stop ID</c>.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>The instance, whosever it is.</summary>
    public string? Instance { get; set; }

    public string? Configuration { get; private set; }

    /// <summary><c>start</c> fails so, after it has done what the next says.</summary>
    public WsbException? StartFailure { get; set; }

    /// <summary>How long after <c>start</c> the instance is listed; null is never.</summary>
    public TimeSpan? ListedAfter { get; set; } = TimeSpan.Zero;

    /// <summary>Id that <c>start</c> answers instead of the one that it was given.</summary>
    public string? OtherId { get; set; }

    /// <summary><c>start</c> never ends, and makes an instance.</summary>
    public bool StartHangs { get; set; }

    /// <summary>How long after <c>connect</c> somebody is logged on; null is never.</summary>
    public TimeSpan? LoggedOnAfter { get; set; } = TimeSpan.FromSeconds(3);

    public WsbException? ConnectFailure { get; set; }

    /// <summary><c>list</c> fails.</summary>
    public WsbException? ListFailure { get; set; }

    /// <summary><c>stop</c> does nothing.</summary>
    public bool StopIsIgnored { get; set; }

    /// <summary>Starting the guest fails so.</summary>
    public WsbException? GuestFailure { get; set; }

    public Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken) => ListFailure is { } failure
        ? Task.FromException<IReadOnlyList<string>>(failure)
        : Task.FromResult<IReadOnlyList<string>>(Instance is { } id && _listedFrom <= clock.Now ? [id] : []);

    public async Task<string> StartAsync(string id, string configuration, CancellationToken cancellationToken)
    {
        Calls.Add("start");
        if (Instance is not null)
        {
            throw new WsbException("start", "Es läuft bereits.", WsbStatus.SingleInstance);
        }

        Configuration = configuration;
        if (ListedAfter is { } after)
        {
            Instance = id;
            _listedFrom = clock.Now + after;
        }

        if (StartHangs)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        return StartFailure is null ? OtherId ?? id : throw StartFailure;
    }

    public async Task<int> ExecAsync(string id, string command, WsbRunAs runAs, string? workingDirectory, CancellationToken cancellationToken)
    {
        Assert.Equal(WsbRunAs.ExistingLogin, runAs);
        if (Instance != id || _loggedOnFrom > clock.Now)
        {
            throw new WsbException("exec", "Eine angegebene Anmeldesitzung ist nicht vorhanden.", WsbStatus.NoLogonSession);
        }

        if (!command.StartsWith(InstancePaths.GuestCommand(null), StringComparison.Ordinal))
        {
            return 0;
        }

        Calls.Add("guest");
        return GuestFailure is null ? await _guest.Task.WaitAsync(cancellationToken) : throw GuestFailure;
    }

    public Task ShareAsync(string id, string hostPath, string sandboxPath, bool allowWrite, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task StopAsync(string id, CancellationToken cancellationToken)
    {
        Calls.Add($"stop {id}");
        if (Instance == id && !StopIsIgnored)
        {
            Vanish();
        }

        return Task.CompletedTask;
    }

    public Task ConnectAsync(string id, CancellationToken cancellationToken)
    {
        Calls.Add("connect");
        _loggedOnFrom = LoggedOnAfter is { } after ? clock.Now + after : DateTimeOffset.MaxValue;
        return ConnectFailure is null ? Task.CompletedTask : Task.FromException(ConnectFailure);
    }

    public Task<IReadOnlyList<string>> IpAsync(string id, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>The instance is gone, and with it the guest.</summary>
    public void Vanish()
    {
        Instance = null;
        _listedFrom = _loggedOnFrom = DateTimeOffset.MaxValue;
        EndGuest(unchecked((int)0xC000013A));
        _guest = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void EndGuest(int code) => _guest.TrySetResult(code);

    /// <summary>Somebody else opens one.</summary>
    public void OpenForeign(string id)
    {
        Instance = id;
        _listedFrom = clock.Now;
    }
}
