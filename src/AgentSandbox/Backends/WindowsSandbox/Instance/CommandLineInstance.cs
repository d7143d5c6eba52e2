using System.Globalization;
using AgentSandbox.Backends.WindowsSandbox.Cli;
using AgentSandbox.Backends.WindowsSandbox.Readiness;

namespace AgentSandbox.Backends.WindowsSandbox.Instance;

/// <summary>Instances by <c>wsb.exe</c>. Ours is the one with our id, which was stored before it was asked for, and no other.</summary>
/// <param name="cli">The verbs.</param>
/// <param name="clock">The time.</param>
/// <param name="whoHolds">Names, as the end of a sentence, who holds an instance.</param>
internal sealed class CommandLineInstance(IWsbCli cli, IClock clock, Func<IReadOnlyList<string>, string> whoHolds) : IInstance
{
    /// <inheritdoc/>
    public StartWay Way => StartWay.CommandLine;

    /// <inheritdoc/>
    public async Task<InstanceState> StartAsync(InstanceStart start, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> others = await ListAsync(cancellationToken);
        if (others.Count > 0)
        {
            throw InstanceErrors.InUse(start.Name, whoHolds(others));
        }

        InstanceState state = start.State with { Phase = InstancePhase.Starting, StartAsked = clock.Now };
        start.Persist(state);
        start.Say("Windows Sandbox is starting, which takes tens of seconds.");
        try
        {
            string id = await cli.StartAsync(state.InstanceId, start.Configuration, cancellationToken);
            if (id != state.InstanceId)
            {
                // Not the one that was asked for, so not ours to use or to end.
                throw InstanceErrors.StartFailed(start.Name, $"Windows Sandbox started the instance {id} instead of the one that was asked for.");
            }
        }
        catch (WsbException e)
        {
            start.Persist(state = state with { StartOver = clock.Now });
            await AfterFailureAsync(start, state, e, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            start.Persist(state with { StartOver = clock.Now });
            throw;
        }

        if (!await IsListedAsync(state, InstanceTimes.LateSuccess, cancellationToken))
        {
            throw InstanceErrors.StartFailed(start.Name, "Windows Sandbox said that the instance has started, and does not list it.");
        }

        state = state with { Phase = InstancePhase.Started };
        start.Persist(state);
        await LogOnAsync(start, state, cancellationToken);
        return state;
    }

    /// <inheritdoc/>
    public Task<int>? RunGuest(InstanceState state, CancellationToken cancellationToken) =>
        cli.ExecAsync(state.InstanceId, InstancePaths.GuestCommand, WsbRunAs.ExistingLogin, null, cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> IsThereAsync(InstanceState state, CancellationToken cancellationToken) => (await ListAsync(cancellationToken)).Contains(state.InstanceId);

    /// <inheritdoc/>
    public async Task<bool> EndAsync(InstanceState state, bool wait, CancellationToken cancellationToken)
    {
        if (state.Phase is InstancePhase.Planned or InstancePhase.Ended)
        {
            return true;
        }

        DateTimeOffset? asked = null;
        WsbException? failure = null;
        while (true)
        {
            try
            {
                IReadOnlyList<string> ids = await cli.ListAsync(cancellationToken);
                if (!ids.Contains(state.InstanceId))
                {
                    // With another one there, ours can't come any more: there is one at a time.
                    if (asked is not null || ids.Count > 0 || state.Phase != InstancePhase.Starting || state.MayComeUntil < clock.Now)
                    {
                        return true;
                    }

                    if (!wait)
                    {
                        return false;
                    }
                }
                else
                {
                    asked ??= clock.Now;
                    await cli.StopAsync(state.InstanceId, cancellationToken);
                }
            }
            catch (WsbException e)
            {
                failure = e;
                asked ??= clock.Now;
            }

            if (asked + InstanceTimes.End < clock.Now)
            {
                throw InstanceErrors.CleanupFailed(failure?.Message ?? "It was asked to end, and is still there.", failure);
            }

            await clock.DelayAsync(InstanceTimes.Poll, cancellationToken);
        }
    }

    /// <summary>A failed start: someone else's instance, ours all the same (perhaps later), or none.</summary>
    private async Task AfterFailureAsync(InstanceStart start, InstanceState state, WsbException failure, CancellationToken cancellationToken)
    {
        if (failure.Status == WsbStatus.SingleInstance)
        {
            IReadOnlyList<string> ids = await ListAsync(cancellationToken);
            if (!ids.Contains(state.InstanceId))
            {
                start.Persist(state with { Phase = InstancePhase.Ended });
                throw InstanceErrors.InUse(start.Name, ids.Count > 0 ? whoHolds(ids) : InstanceErrors.NotOurs);
            }
        }
        else if (!await IsListedAsync(state, InstanceTimes.LateSuccess, cancellationToken))
        {
            throw InstanceErrors.StartFailed(start.Name, failure.Message, failure);
        }
    }

    /// <summary>
    /// Waits until somebody is logged on inside; listed is not ready. A client is connected once: a second one would be a second window, which
    /// outlives the instance.
    /// </summary>
    private async Task LogOnAsync(InstanceStart start, InstanceState state, CancellationToken cancellationToken)
    {
        start.Say("Windows Sandbox has started; waiting for Windows inside.");
        DateTimeOffset deadline = clock.Now + InstanceTimes.LogOn;
        bool isConnected = false;
        while (true)
        {
            try
            {
                _ = await cli.ExecAsync(state.InstanceId, @"cmd.exe /d /c exit 0", WsbRunAs.ExistingLogin, null, cancellationToken);
                return; // It ran. Its exit code is no matter.
            }
            catch (WsbException e)
            {
                if (e.Status == WsbStatus.NoLogonSession && !isConnected)
                {
                    isConnected = true;
                    await ConnectAsync(start.Name, state, cancellationToken);
                }

                if (clock.Now > deadline)
                {
                    throw InstanceErrors.StartFailed(start.Name, string.Create(CultureInfo.InvariantCulture, $"nobody was logged on inside within {InstanceTimes.LogOn.TotalSeconds:0} s. {e.Message}"), e);
                }
            }

            await clock.DelayAsync(InstanceTimes.Poll, cancellationToken);
        }
    }

    private async Task ConnectAsync(string name, InstanceState state, CancellationToken cancellationToken)
    {
        try
        {
            await cli.ConnectAsync(state.InstanceId, cancellationToken);
        }
        catch (WsbException e)
        {
            throw InstanceErrors.StartFailed(name, e.Message, e);
        }
    }

    private async Task<bool> IsListedAsync(InstanceState state, TimeSpan patience, CancellationToken cancellationToken)
    {
        for (DateTimeOffset deadline = clock.Now + patience; ;)
        {
            if ((await ListAsync(cancellationToken)).Contains(state.InstanceId))
            {
                return true;
            }

            if (clock.Now >= deadline)
            {
                return false;
            }

            await clock.DelayAsync(InstanceTimes.Poll, cancellationToken);
        }
    }

    private async Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await cli.ListAsync(cancellationToken);
        }
        catch (WsbException e)
        {
            throw InstanceErrors.NotTold(e);
        }
    }
}
