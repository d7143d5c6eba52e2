using System.Diagnostics;
using AgentSandbox.Backends.Linux.Native;
using AgentSandbox.State;

namespace AgentSandbox.Processes;

/// <summary>The background processes that are on record, and their holders.</summary>
internal static class ProcessStore
{
    private const int SigKill = 9;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Looks at one.</summary>
    /// <param name="folder">Where it is.</param>
    /// <param name="sandboxId">Its sandbox.</param>
    /// <param name="sandboxName">The sandbox's name.</param>
    /// <returns>Null when it is not there, or not yet.</returns>
    public static SandboxProcess? TryLook(ProcessFolder folder, string sandboxId, string sandboxName)
    {
        // Asked first: a holder writes how it ended before it lets go.
        bool isHeld = FileLock.IsHeld(folder.Lock);
        if (TryRead(folder) is not { } status)
        {
            return null;
        }

        bool isLost = status.State == SandboxProcessState.Running && !isHeld;
        return new SandboxProcess
        {
            Id = folder.Id,
            SandboxId = sandboxId,
            SandboxName = sandboxName,
            Command = status.Command,
            State = isLost ? SandboxProcessState.Lost : status.State,
            ExitCode = status.ExitCode,
            StartTime = status.StartTime,
            ExitTime = status.ExitTime,
            Reason = isLost ? "What held it was killed, or the machine was restarted; the command was ended then." : status.Reason,
        };
    }

    /// <summary>Sends a signal to a process's holder.</summary>
    /// <param name="folder">The process.</param>
    /// <param name="signal">Its number.</param>
    /// <returns>False when no holder lives.</returns>
    public static bool Signal(ProcessFolder folder, int signal)
    {
        if (TryRead(folder) is not { HolderId: > 0 } status || status.HolderId == Environment.ProcessId)
        {
            return false;
        }

        int opened = Libc.PidFdOpen(status.HolderId);
        if (opened < 0)
        {
            return false;
        }

        // Held by what wrote this number: so the process that was opened before is that one, not another that got its number.
        using var holder = new FileDescriptor(opened);
        return FileLock.IsHeld(folder.Lock) && Libc.PidFdSendSignal(holder.Value, signal) == 0;
    }

    /// <summary>Waits until no process of a sandbox that has ended is held any more. One that does not notice is killed.</summary>
    /// <param name="home">The state folder.</param>
    /// <param name="sandboxId">The sandbox.</param>
    public static void Settle(SandboxHome home, string sandboxId)
    {
        foreach (ProcessFolder folder in ProcessFolder.All(home, sandboxId))
        {
            if (!WaitUntilFree(folder))
            {
                Signal(folder, SigKill);
            }
        }
    }

    /// <summary>Ends the holders of a sandbox that is gone, and deletes what was kept of its processes. Can be repeated.</summary>
    /// <param name="home">The state folder.</param>
    /// <param name="sandboxId">The sandbox.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.CleanupFailed"/>.</exception>
    public static void Delete(SandboxHome home, string sandboxId)
    {
        if (!Directory.Exists(ProcessFolder.Of(home, sandboxId)))
        {
            return;
        }

        IReadOnlyList<ProcessFolder> all = ProcessFolder.All(home, sandboxId);
        bool[] killed = [.. all.Select(folder => Signal(folder, SigKill))];
        if (all.Where((folder, at) => killed[at] && !WaitUntilFree(folder)).FirstOrDefault() is { } alive)
        {
            throw new SandboxException(SandboxErrorId.CleanupFailed, $"What holds the background process {alive.Id} can't be ended.", "It waits for the kernel (state D in ps); remove the sandbox again when that is over.", sandboxId);
        }

        try
        {
            Directory.Delete(ProcessFolder.Of(home, sandboxId), recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // A holder that noticed the end itself deleted its own.
        }
    }

    private static bool WaitUntilFree(ProcessFolder folder)
    {
        var clock = Stopwatch.StartNew();
        while (FileLock.IsHeld(folder.Lock))
        {
            if (clock.Elapsed > s_patience)
            {
                return false;
            }

            Thread.Sleep(5);
        }

        return true;
    }

    private static ProcessStatus? TryRead(ProcessFolder folder) => StateFile.TryRead(folder.Status, ProcessJson.Default.ProcessStatus);
}
