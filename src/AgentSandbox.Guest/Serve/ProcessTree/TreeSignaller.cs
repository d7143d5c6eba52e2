using AgentSandbox.Guest.Native;

namespace AgentSandbox.Guest.Serve.ProcessTree;

/// <summary>
/// Reaches every process of a command: those that carry its marker, those of its session while its leader lives (no other process can have
/// that number then), and all their descendants. Never anything else: a guest in a chroot sees the host's processes and may be root.
/// </summary>
internal sealed unsafe class TreeSignaller
{
    private const int MostRoundsPerCall = 16;
    private readonly ProcFileSystem? _proc;
    private readonly List<ProcessEntry> _table = new(64);
    private readonly Dictionary<int, ulong> _members = new(64);
    private long _tableTime = -1;

    public TreeSignaller(ProcFileSystem? proc) => _proc = proc;

    /// <summary>False where there is no /proc: then only the command's process group can be reached, and only while its leader is not reaped.</summary>
    public bool SeesProcesses => _proc is not null;

    /// <summary>Sends a signal to the whole tree once; SIGKILL again and again until nobody is left, or until enough time was spent.</summary>
    /// <returns>True when processes were found in the last round.</returns>
    public bool Signal(CommandTree tree, int signal)
    {
        if (_proc is null)
        {
            return tree.LeaderIsAlive && Libc.Kill(-tree.Leader, signal) == 0;
        }

        int rounds = signal == Os.SIGKILL ? MostRoundsPerCall : 1;
        bool found = false;
        for (int round = 0; round < rounds; round++)
        {
            _proc.ReadAll(_table);
            FindMembers(tree);
            found = _members.Count > 0;
            if (!found)
            {
                break;
            }

            foreach ((int pid, ulong startTime) in _members)
            {
                SignalProcess(pid, startTime, signal);
            }
        }

        _tableTime = -1;
        return found;
    }

    /// <summary>Sends a signal to the process group of a command whose leader is reaped: its number could be another group's by now.</summary>
    public void SignalOrphanedGroup(CommandTree tree, int signal)
    {
        if (_proc is null)
        {
            return;
        }

        _proc.ReadAll(_table);
        FindMembers(tree);
        foreach (ProcessEntry entry in _table)
        {
            if (entry.Group == tree.Leader && _members.ContainsKey(entry.Pid))
            {
                SignalProcess(entry.Pid, entry.StartTime, signal);
            }
        }

        _tableTime = -1;
    }

    /// <summary>Whether any process of the tree lives. Commands that ask at the same time share one look at the process table.</summary>
    public bool IsAlive(CommandTree tree, long now)
    {
        if (_proc is null)
        {
            return tree.LeaderIsAlive;
        }

        if (_tableTime != now)
        {
            _proc.ReadAll(_table);
            _tableTime = now;
        }

        FindMembers(tree);
        return _members.Count > 0;
    }

    /// <summary>Adds the processes of a command to a set, as a table shows them.</summary>
    public void CollectMembers(CommandTree tree, List<ProcessEntry> table, HashSet<int> target)
    {
        FindMembers(tree, table);
        target.UnionWith(_members.Keys);
    }

    private void FindMembers(CommandTree tree) => FindMembers(tree, _table);

    private void FindMembers(CommandTree tree, List<ProcessEntry> table)
    {
        _members.Clear();
        int own = Libc.GetPid();
        int before = -1;
        while (_members.Count != before)
        {
            before = _members.Count; // Until nothing is added: a child may stand before its parent in the table.
            foreach (ProcessEntry entry in table)
            {
                if (entry.Pid != own && !entry.IsDead && (BelongsItself(tree, entry) || _members.ContainsKey(entry.Parent)))
                {
                    _members[entry.Pid] = entry.StartTime;
                }
            }
        }
    }

    private static bool BelongsItself(CommandTree tree, in ProcessEntry entry) =>
        (tree.Marker != 0 && entry.Marker == tree.Marker)
        || (tree.LeaderIsAlive && (entry.Pid == tree.Leader || entry.Session == tree.Leader || entry.Parent == tree.Leader));

    /// <summary>Holds the process by a descriptor while it looks at it again, so that the signal can't reach a later owner of the number.</summary>
    /// <returns>False when this process has no right to.</returns>
    public bool SignalProcess(int pid, ulong startTime, int signal)
    {
        int pidfd = (int)Libc.Syscall(Os.SYS_pidfd_open, pid, 0, 0, 0, 0);
        if (pidfd < 0)
        {
            if (Libc.Errno != Errno.ESRCH && IsSame(pid, startTime))
            {
                // No descriptor left, or a kernel without them (Linux before 5.3, gVisor); the window between look and signal is microseconds.
                return Libc.Kill(pid, signal) == 0 || Libc.Errno != Errno.EPERM;
            }

            return true;
        }

        bool allowed = !IsSame(pid, startTime)
            || Libc.Syscall(Os.SYS_pidfd_send_signal, pidfd, signal, 0, 0, 0) == 0
            || Libc.Errno != Errno.EPERM;
        FileDescriptor.Close(ref pidfd);
        return allowed;
    }

    private bool IsSame(int pid, ulong startTime) => _proc!.TryRead(pid, out ProcessEntry entry) && entry.StartTime == startTime && !entry.IsDead;
}
