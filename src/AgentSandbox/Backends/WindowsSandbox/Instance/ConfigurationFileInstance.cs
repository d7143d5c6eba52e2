using System.Globalization;
using AgentSandbox.Backends.WindowsSandbox.Cli;
using AgentSandbox.Backends.WindowsSandbox.Readiness;

namespace AgentSandbox.Backends.WindowsSandbox.Instance;

/// <summary>
/// Instances as before Windows 11 24H2: <c>WindowsSandbox.exe file.wsb</c>, whose LogonCommand starts the guest. There is no id. Ours are the
/// <c>WindowsSandbox*</c> processes that came after there were none, by number and time of creation; the virtual machine's own (vmmem, vmwp) are
/// anybody's.
/// </summary>
/// <param name="program">Path of WindowsSandbox.exe.</param>
/// <param name="launcher">Starts it.</param>
/// <param name="processes">The processes.</param>
/// <param name="clock">The time.</param>
internal sealed class ConfigurationFileInstance(string program, IClientLauncher launcher, ISandboxProcesses processes, IClock clock) : IInstance
{
    /// <inheritdoc/>
    public StartWay Way => StartWay.ConfigurationFile;

    /// <inheritdoc/>
    public async Task<InstanceState> StartAsync(InstanceStart start, CancellationToken cancellationToken)
    {
        if (processes.Find().Count > 0)
        {
            throw InstanceErrors.InUse(start.Name, InstanceErrors.NotOurs);
        }

        await File.WriteAllTextAsync(start.ConfigurationFile, start.Configuration, cancellationToken);
        InstanceState state = start.State with { Phase = InstancePhase.Starting, StartAsked = clock.Now };
        start.Persist(state);
        start.Say("Windows Sandbox is starting, which takes tens of seconds.");
        try
        {
            if (await launcher.LaunchAsync(program, [start.ConfigurationFile], cancellationToken) is { } code and not 0)
            {
                throw InstanceErrors.StartFailed(start.Name, string.Create(CultureInfo.InvariantCulture, $"WindowsSandbox.exe ended with 0x{code:X8}."));
            }
        }
        catch (ProgramException e)
        {
            start.Persist(state with { Phase = InstancePhase.Ended });
            throw InstanceErrors.StartFailed(start.Name, e.Message, e);
        }

        for (DateTimeOffset deadline = clock.Now + InstanceTimes.Appear; ;)
        {
            ProcessIdentity[] found = [.. processes.Find().Where(p => p.Created != 0)];
            if (found.Length > 0)
            {
                state = state with { Phase = InstancePhase.Started, Processes = found };
                start.Persist(state);
                return state;
            }

            if (clock.Now >= deadline)
            {
                throw InstanceErrors.StartFailed(start.Name, "no process of Windows Sandbox appeared.");
            }

            await clock.DelayAsync(InstanceTimes.Poll, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public Task<int>? RunGuest(InstanceState state, CancellationToken cancellationToken) => null;

    /// <inheritdoc/>
    public Task<bool> IsThereAsync(InstanceState state, CancellationToken cancellationToken) => Task.FromResult(Ours(state).Count > 0);

    /// <inheritdoc/>
    public async Task<bool> EndAsync(InstanceState state, bool wait, CancellationToken cancellationToken)
    {
        if (state.Phase is InstancePhase.Planned or InstancePhase.Ended)
        {
            return true;
        }

        if (state.Processes.Count == 0)
        {
            // Killed between the start and its proof: what runs now may be ours or not, so it is left alone.
            return processes.Find().Count == 0
                ? state.MayComeUntil < clock.Now || wait && await NoneCameAsync(state, cancellationToken)
                : throw InstanceErrors.CleanupFailed("it can't be told whether the one that runs is this sandbox's.");
        }

        for (DateTimeOffset deadline = clock.Now + InstanceTimes.End; Ours(state) is { Count: > 0 } ours;)
        {
            foreach (ProcessIdentity process in ours)
            {
                processes.End(process);
            }

            if (clock.Now >= deadline)
            {
                throw InstanceErrors.CleanupFailed($"the processes {string.Join(", ", ours.Select(p => p.Id))} did not end.");
            }

            await clock.DelayAsync(InstanceTimes.Poll, cancellationToken);
        }

        return true;
    }

    private async Task<bool> NoneCameAsync(InstanceState state, CancellationToken cancellationToken)
    {
        while (state.StartAsked + InstanceTimes.Appear >= clock.Now)
        {
            await clock.DelayAsync(InstanceTimes.Poll, cancellationToken);
            if (processes.Find().Count > 0)
            {
                throw InstanceErrors.CleanupFailed("it can't be told whether the one that runs is this sandbox's.");
            }
        }

        return true;
    }

    /// <summary>One instance at a time: as long as one process of the proof lives, all of Windows Sandbox's are ours, helpers that came later included.</summary>
    private IReadOnlyList<ProcessIdentity> Ours(InstanceState state)
    {
        IReadOnlyList<ProcessIdentity> alive = processes.Find();
        return alive.Any(state.Processes.Contains) ? alive : [];
    }
}
