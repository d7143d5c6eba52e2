using System.Globalization;
using AgentSandbox.Backends.WindowsSandbox.Cli;
using AgentSandbox.Backends.WindowsSandbox.Configuration;
using AgentSandbox.Backends.WindowsSandbox.Instance;
using AgentSandbox.Backends.WindowsSandbox.Readiness;
using AgentSandbox.State;

namespace AgentSandbox.Backends.WindowsSandbox.Keeping;

/// <summary>
/// The process that has an instance: it starts it, lives as long as it does, and ends it when its time is over, nobody is left that it was for, or
/// its guest breaks the bounds. It holds a lock by which others see that it lives, and another by which there is one keeper at a time.
/// This file starts; <c>Keeper.Keeping.cs</c> keeps and ends.
/// </summary>
internal sealed partial class Keeper(KeeperSurroundings surroundings, string id, Action<KeeperReport> report)
{
    private readonly RecordStore _store = new(surroundings.Home);
    private readonly InstancePaths _paths = new(surroundings.Home, id);
    private SandboxRecord _record = null!;
    private InstanceState _state = null!;

    /// <summary>File of the lock that says whose keeper has the one instance.</summary>
    /// <param name="home">This backend's own state folder.</param>
    public static string InstanceLock(SandboxHome home) => Path.Combine(home.Data, "instance.lock");

    /// <summary>Keeps the sandbox to its end.</summary>
    /// <param name="cancellationToken">Ends it, as a request would.</param>
    /// <returns>The exit code: 0 when all is gone that should be.</returns>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        if (_store.TryRead(id) is not { } record || StateFile.TryRead(_paths.State, InstanceJson.Default.InstanceState) is not { } state)
        {
            Fail(SandboxManager.NotFound(id));
            return 1;
        }

        (_record, _state) = (record, state with { KeeperId = Environment.ProcessId });
        FileLock? lives = FileLock.TryTake(_paths.KeeperLock);
        if (lives is null)
        {
            Fail(new SandboxException(SandboxErrorId.SandboxBusy, $"The sandbox '{record.Name}' has a keeper already.", "Look at it with Get-AgentSandbox.", record.Name));
            return 1;
        }

        using FileLock? only = FileLock.TryTake(InstanceLock(surroundings.Home));
        if (only is null)
        {
            lives.Dispose();
            Fail(InstanceErrors.InUse(record.Name, InstanceHolder.Describe(surroundings.Home, id)));
            return 1;
        }

        return await RunAsync(lives, cancellationToken);
    }

    private async Task<int> RunAsync(FileLock lives, CancellationToken cancellationToken)
    {
        using var all = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<int>? guest = null;
        try
        {
            guest = await StartAsync(all.Token, cancellationToken);
        }
        catch (Exception e)
        {
            // Whatever it was: the instance must not outlive this.
            return await AfterFailureAsync(lives, e);
        }

        report(new KeeperReport());
        int code = await FinishAsync(lives, await KeepAsync(guest, cancellationToken), guest);
        await all.CancelAsync();
        return code;
    }

    /// <summary>Starts the instance and the guest, unless somebody loses interest meanwhile.</summary>
    private async Task<Task<int>?> StartAsync(CancellationToken whole, CancellationToken cancellationToken)
    {
        using var starting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var watching = new CancellationTokenSource();
        Task interest = WatchInterestAsync(starting, watching.Token);
        try
        {
            string command = InstancePaths.GuestCommand(_record.Expires);
            string configuration = ConfigurationBuilder.Build(
                _record.Specification, _paths.Mapped, _state.Way == StartWay.ConfigurationFile ? command : null, surroundings.Folders);
            await File.WriteAllTextAsync(_paths.ConfigurationFile, configuration, CancellationToken.None); // Also where nothing reads it: it is evidence when isolation is measured.
            var start = new InstanceStart(_record.Name, _state, configuration, _paths.ConfigurationFile, Persist, Say);
            Persist(await surroundings.Instance.StartAsync(start, starting.Token));
            Say("Windows is up inside; waiting for the guest program.");
            Task<int>? guest = surroundings.Instance.RunGuest(_state, command, whole);
            await AnswerAsync(guest, starting.Token);
            Persist(_state with { Phase = InstancePhase.Running });
            return guest;
        }
        finally
        {
            await watching.CancelAsync();
            await interest;
        }
    }

    private async Task AnswerAsync(Task<int>? guest, CancellationToken cancellationToken)
    {
        using var answering = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task greeting = GuestGreeting.WaitAsync(surroundings.Door, _paths, surroundings.Answer, answering.Token);
        if (guest is not null && await Task.WhenAny(greeting, guest) == guest)
        {
            await answering.CancelAsync();
            await greeting.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            cancellationToken.ThrowIfCancellationRequested();
            throw InstanceErrors.StartFailed(_record.Name, await WhyAsync(guest));
        }

        try
        {
            await greeting;
        }
        catch (SandboxException e) when (e.ErrorId != SandboxErrorId.ProtocolViolation)
        {
            throw InstanceErrors.StartFailed(_record.Name, $"the guest program did not answer. {e.Message}", e);
        }
    }

    private static async Task<string> WhyAsync(Task<int> guest)
    {
        try
        {
            int code = await guest;
            return string.Create(CultureInfo.InvariantCulture, $"the guest program ended with 0x{code:X8} before it answered.");
        }
        catch (WsbException e)
        {
            return $"the guest program could not be started. {e.Message}";
        }
    }

    /// <summary>Ends a start that nobody waits for any more.</summary>
    private async Task WatchInterestAsync(CancellationTokenSource starting, CancellationToken cancellationToken)
    {
        try
        {
            while (LostInterest() is null)
            {
                await Task.Delay(surroundings.Look, cancellationToken); // Real time also where the clock is a test's: it waits for other processes.
            }

            await starting.CancelAsync();
        }
        catch (OperationCanceledException)
        {
            // It has started, or failed.
        }
    }

    private void Persist(InstanceState state)
    {
        _state = state;
        StateFile.Write(_paths.State, state, InstanceJson.Default.InstanceState);
    }

    private void Say(string text) => report(new KeeperReport { Progress = text });

    private void Fail(SandboxException error) => report(new KeeperReport { ErrorId = error.ErrorId, Message = error.Message, RecommendedAction = error.RecommendedAction });
}
