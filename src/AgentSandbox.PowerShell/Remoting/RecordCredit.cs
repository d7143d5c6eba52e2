namespace AgentSandbox.PowerShell.Remoting;

/// <summary>
/// Holds a PowerShell in a sandbox to the pace of the pipeline that reads from it. Remoting has no flow control: what a server sends is deserialized and queued without a bound. So records are
/// only passed on while few are on their way; the rest waits in the channel, whose own credit holds the sender up.
/// </summary>
internal sealed class RecordCredit : IWireCredit
{
    private const int MaxRecords = 512;
    private const int MaxBytes = 8 * 1024 * 1024;

    private readonly object _lock = new();
    private readonly Queue<int> _sizes = [];
    private TaskCompletionSource? _waiting;
    private long _bytes;
    private bool _unlimited;

    /// <inheritdoc/>
    public void Sent(string line)
    {
        // Whoever runs the pipelines calls Begin and End.
    }

    /// <inheritdoc/>
    public async ValueTask<bool> TakeAsync(int bytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task wait;
            lock (_lock)
            {
                if (_unlimited)
                {
                    return true;
                }

                if (_sizes.Count < MaxRecords && (_sizes.Count == 0 || _bytes + bytes <= MaxBytes))
                {
                    _sizes.Enqueue(bytes);
                    _bytes += bytes;
                    return true;
                }

                wait = (_waiting ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            await wait.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The pipeline has taken the record that has been on its way for the longest time.</summary>
    public void Release()
    {
        lock (_lock)
        {
            if (_sizes.TryDequeue(out int bytes))
            {
                _bytes -= bytes;
            }

            Wake();
        }
    }

    /// <summary>A new pipeline begins, with nothing on its way.</summary>
    public void Begin() => Set(unlimited: false);

    /// <summary>Nobody reads any more: what still comes is dropped as it comes.</summary>
    public void End() => Set(unlimited: true);

    private void Set(bool unlimited)
    {
        lock (_lock)
        {
            _unlimited = unlimited;
            _sizes.Clear();
            _bytes = 0;
            Wake();
        }
    }

    private void Wake()
    {
        _waiting?.TrySetResult();
        _waiting = null;
    }
}
