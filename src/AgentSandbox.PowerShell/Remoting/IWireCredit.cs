namespace AgentSandbox.PowerShell.Remoting;

/// <summary>Holds a PowerShell in a sandbox up when what it sent is not taken. Remoting itself has no flow control: what a server sends is deserialized and queued without a bound.</summary>
internal interface IWireCredit
{
    /// <summary>Takes note of a line that this process's PowerShell sends.</summary>
    /// <param name="line">The line.</param>
    void Sent(string line);

    /// <summary>Waits until a record may be passed on. A single one may be of any size.</summary>
    /// <param name="bytes">Its size.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>False when nobody wants it any more.</returns>
    ValueTask<bool> TakeAsync(int bytes, CancellationToken cancellationToken);
}
