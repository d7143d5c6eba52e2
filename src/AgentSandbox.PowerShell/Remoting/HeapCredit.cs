namespace AgentSandbox.PowerShell.Remoting;

/// <summary>
/// Holds the server of a session up. Who reads from a session is PowerShell's own command, and whether it has taken something can't be seen; how much memory this process has can. A command that
/// sends much while that grows has to wait until it shrinks again, which it does as soon as what came is read and let go.
/// </summary>
/// <param name="name">Name of the sandbox.</param>
/// <param name="memory">Bytes of this process's objects. True: only of those that somebody has.</param>
/// <param name="pause">How long to wait before looking again.</param>
/// <param name="limit">Bytes by which it may grow.</param>
internal sealed class HeapCredit(string name, Func<bool, long> memory, TimeSpan pause, long limit) : IWireCredit
{
    /// <summary>Bytes by which memory may grow while one command runs.</summary>
    public const long DefaultLimit = 512L << 20;

    /// <summary>How often to look while waiting before it is taken for granted that nobody will let go.</summary>
    private const int MaxPauses = 120;

    private readonly object _lock = new();
    private readonly long _step = limit / 64; // Sent before memory is looked at again: objects are some ten times as large as on the wire.
    private long _before;
    private long _sent;
    private bool _stopped;
    private bool _dropping;

    /// <summary>Makes one that looks at this process.</summary>
    /// <param name="name">Name of the sandbox.</param>
    public HeapCredit(string name)
        : this(name, Measure, TimeSpan.FromMilliseconds(500), DefaultLimit)
    {
    }

    /// <inheritdoc/>
    public void Sent(string line)
    {
        bool begins = line.StartsWith("<Command", StringComparison.Ordinal);
        bool stops = line.StartsWith("<Signal", StringComparison.Ordinal);
        if (!begins && !stops)
        {
            return;
        }

        lock (_lock)
        {
            _stopped = stops;
            _dropping = false;
            if (begins)
            {
                _before = memory(false);
                _sent = 0;
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask<bool> TakeAsync(int bytes, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _sent += bytes;
            if (_sent < _step)
            {
                return !_dropping;
            }

            _sent = 0;
        }

        for (int pauses = 0; HasGrown(); pauses++)
        {
            lock (_lock)
            {
                if (_stopped)
                {
                    // The command was told to stop. What it still sends is not wanted, and has to be read for its answer to be found.
                    _dropping = true;
                    return false;
                }
            }

            if (pauses == MaxPauses)
            {
                throw new SandboxException(
                    SandboxErrorId.ResourceExhausted,
                    $"A command of the session in {name} sent more than was taken: this PowerShell's memory grew by {ByteSize.Format(limit)}, and did not shrink again.",
                    "Handle each object when it comes instead of keeping all, or run the command with Invoke-InSandbox, whose output is held up as long as it is not read.",
                    name);
            }

            await Task.Delay(pause, cancellationToken).ConfigureAwait(false);
        }

        lock (_lock)
        {
            _dropping = false;
        }

        return true;
    }

    private bool HasGrown()
    {
        long most;
        lock (_lock)
        {
            most = _before + limit;
        }

        return memory(false) > most && memory(true) > most;
    }

    private static long Measure(bool used)
    {
        if (used)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true);
        }

        return GC.GetTotalMemory(forceFullCollection: false);
    }
}
