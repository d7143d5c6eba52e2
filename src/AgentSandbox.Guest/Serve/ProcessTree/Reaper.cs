using AgentSandbox.Guest.Native;

namespace AgentSandbox.Guest.Serve.ProcessTree;

/// <summary>Is told when the first process of a command has ended.</summary>
internal interface IReaped
{
    /// <summary>It is a zombie still: its number, and so its group's and session's, belongs to nobody else.</summary>
    void BeforeReap();

    /// <summary>It is gone.</summary>
    /// <param name="exitCode">0-255 when it exited, else 0.</param>
    /// <param name="signal">The signal that ended it, else 0.</param>
    void OnReaped(int exitCode, int signal);
}

/// <summary>Collects every dead child: commands, and the orphans that come to the guest as PID 1 or subreaper. The only caller of wait.</summary>
internal sealed unsafe class Reaper
{
    private readonly Dictionary<int, IReaped> _leaders = [];

    /// <summary>Registers a command's first process.</summary>
    public void Expect(int pid, IReaped owner) => _leaders.Add(pid, owner);

    /// <summary>Reaps all that can be reaped.</summary>
    public void Reap()
    {
        // siginfo_t of waitid(2): si_pid is at 16 on 64-bit Linux.
        byte* info = stackalloc byte[128];
        while (true)
        {
            *(int*)(info + 16) = 0;
            if (Libc.WaitId(Os.P_ALL, 0, info, Os.WEXITED | Os.WNOHANG | Os.WNOWAIT) != 0 || *(int*)(info + 16) == 0)
            {
                return;
            }

            int pid = *(int*)(info + 16);
            bool isLeader = _leaders.Remove(pid, out IReaped? owner);
            if (isLeader)
            {
                owner!.BeforeReap();
            }

            int status;
            if (Libc.WaitPid(pid, &status, Os.WNOHANG) == pid && isLeader)
            {
                int signal = status & 0x7f; // WTERMSIG, WEXITSTATUS of waitpid(2).
                owner!.OnReaped(signal == 0 ? (status >> 8) & 0xff : 0, signal);
            }
        }
    }
}
