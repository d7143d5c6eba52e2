using AgentSandbox.Guest.Native;
using AgentSandbox.Guest.Serve.ProcessTree;

namespace AgentSandbox.Guest.Serve.Init;

/// <summary>
/// Everybody in the sandbox but this process and its commands, seen by the sandbox's first process: servers that the engine started beside it
/// (their parent is 0, which no process of the sandbox can bring about), their commands, and what finished commands left in the background.
/// </summary>
internal sealed class OtherProcesses(ProcFileSystem? proc, TreeSignaller signaller)
{
    private readonly List<ProcessEntry> _table = [];
    private readonly HashSet<int> _spared = [];
    private readonly HashSet<(int Pid, ulong StartTime)> _asked = [];
    private readonly HashSet<(int Pid, ulong StartTime)> _foreign = [];
    private bool _askedAll;

    /// <summary>
    /// Asks each process once to end. A server's commands are the server's to end, and this process's commands are being ended already; what
    /// they leave comes up in a later call.
    /// </summary>
    /// <param name="own">Commands of this process.</param>
    /// <returns>True while anybody is left whom this process may signal.</returns>
    public bool AskToEnd(IEnumerable<CommandTree> own)
    {
        if (proc is null)
        {
            if (!_askedAll)
            {
                _askedAll = true;
                _ = Libc.Kill(-1, Os.SIGTERM); // All but this one; nobody can be seen, so nobody is waited for.
            }

            return false;
        }

        proc.ReadAll(_table);
        Spare(own);
        bool left = false;
        int self = Libc.GetPid();
        foreach (ProcessEntry entry in _table)
        {
            if (entry.Pid == self || entry.IsDead || _foreign.Contains((entry.Pid, entry.StartTime)))
            {
                continue;
            }

            if (!_spared.Contains(entry.Pid) && _asked.Add((entry.Pid, entry.StartTime)) && !Ask(entry))
            {
                _foreign.Add((entry.Pid, entry.StartTime)); // Of another user; it ends with this process.
                continue;
            }

            left = true;
        }

        return left;
    }

    private bool Ask(in ProcessEntry entry) =>
        signaller.SignalProcess(entry.Pid, entry.StartTime, Os.SIGTERM)
        && signaller.SignalProcess(entry.Pid, entry.StartTime, Os.SIGCONT); // A stopped process does not see SIGTERM.

    private void Spare(IEnumerable<CommandTree> own)
    {
        _spared.Clear();
        foreach (CommandTree tree in own)
        {
            signaller.CollectMembers(tree, _table, _spared);
        }

        // What descends from a living server, not the server itself.
        int self = Libc.GetPid();
        int before = -1;
        while (_spared.Count != before)
        {
            before = _spared.Count;
            foreach (ProcessEntry entry in _table)
            {
                if (entry.Parent != 0 && entry.Parent != self && (_spared.Contains(entry.Parent) || IsServer(entry.Parent)))
                {
                    _spared.Add(entry.Pid);
                }
            }
        }
    }

    private bool IsServer(int pid)
    {
        foreach (ProcessEntry entry in _table)
        {
            if (entry.Pid == pid)
            {
                return entry.Parent == 0 && !entry.IsDead && !_foreign.Contains((entry.Pid, entry.StartTime));
            }
        }

        return false;
    }
}
