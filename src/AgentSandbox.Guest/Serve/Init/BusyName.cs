using System.Text;
using AgentSandbox.Guest.Native;

namespace AgentSandbox.Guest.Serve.Init;

/// <summary>
/// How busy a server is, as its first process reads it: the name of the server's main thread, <c>guest:RUNNING/STARTED</c>. Only a thread of a
/// process can set the process's names (proc_pid_comm(5)), so no command of the same user can write one.
/// </summary>
internal sealed unsafe class BusyName(ServerContext context)
{
    /// <summary>What the names begin with.</summary>
    public const string Prefix = "guest:";

    /// <summary>With 64 commands on the one connection the name has 15 bytes, the most that prctl(2) keeps.</summary>
    private const long Modulus = 1_000_000;

    /// <summary>A server that was idle tells the first process, which may look once a second only. A signal that init programs expect anyway.</summary>
    private const int FirstProcess = 1;
    private readonly bool _isFirst = Libc.GetPid() == FirstProcess;
    private int _running = -1;
    private long _started = -1;

    /// <summary>Sets the name when it has changed.</summary>
    public void Update()
    {
        if (_running == context.Running.Count && _started == context.Started)
        {
            return;
        }

        bool wasIdle = _running <= 0;
        _running = context.Running.Count;
        _started = context.Started;
        byte* name = stackalloc byte[32];
        int length = Encoding.ASCII.GetBytes($"{Prefix}{_running}/{_started % Modulus}", new Span<byte>(name, 31));
        name[length] = 0;
        _ = Libc.Prctl(Os.PR_SET_NAME, (nuint)name, 0, 0, 0); // Can't fail on a readable address.
        if (!_isFirst && wasIdle && _started > 0)
        {
            _ = Libc.Kill(FirstProcess, Os.SIGCHLD); // Refused when it has another user; it looks by itself as well.
        }
    }
}
