namespace AgentSandbox.PowerShell.Parameters;

/// <summary>The time that a Wait cmdlet has.</summary>
internal sealed class Deadline : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly CancellationToken _stop;

    /// <summary>Begins to count.</summary>
    /// <param name="seconds">How long; null is without an end.</param>
    /// <param name="stop">Ctrl+C.</param>
    public Deadline(double? seconds, CancellationToken stop)
    {
        _stop = stop;
        _source = CancellationTokenSource.CreateLinkedTokenSource(stop);
        if (seconds is { } given)
        {
            _source.CancelAfter(TimeSpan.FromSeconds(given));
        }
    }

    /// <summary>Cancelled at its end, and by Ctrl+C.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>The time is over; it was not Ctrl+C.</summary>
    public bool IsOver => _source.IsCancellationRequested && !_stop.IsCancellationRequested;

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();
}
