using AgentSandbox.Guest.Native;
using AgentSandbox.Guest.Serve.ProcessTree;

namespace AgentSandbox.Guest.Serve.Init;

/// <summary>Finds out whether those whom the engine started in the sandbox, the processes without a parent in it, have done anything.</summary>
internal sealed class ServerActivity(ProcFileSystem proc)
{
    private readonly List<ProcessEntry> _table = [];
    private HashCode _current;
    private int? _last;

    /// <summary>True when one is at work, or any has come, gone or worked since the last look. What is no server counts as at work while it lives.</summary>
    public bool Look()
    {
        _current = default;
        bool isWorking = false;
        int self = Libc.GetPid();
        Span<byte> name = stackalloc byte[32];
        proc.ReadAll(_table);
        foreach (ProcessEntry entry in _table)
        {
            if (entry.Parent == 0 && entry.Pid != self && !entry.IsDead)
            {
                ReadOnlySpan<byte> read = name[..proc.ReadName(entry.Pid, name)];
                _current.Add(entry.Pid);
                _current.Add(entry.StartTime);
                _current.AddBytes(read);
                isWorking |= !read.StartsWith("guest:0/"u8);
            }
        }

        int current = _current.ToHashCode();
        bool hasChanged = _last is not null && current != _last;
        _last = current;
        return isWorking || hasChanged;
    }
}
