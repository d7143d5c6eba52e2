namespace AgentSandbox.PowerShell.Transport;

/// <summary>A connection to a PowerShell server, as the transport sees it: lines go out, lines come in. Whoever implements it answers for what comes in.</summary>
public interface IRemotingWire
{
    /// <summary>Name of the other end, which PowerShell shows as ComputerName.</summary>
    string Name { get; }

    /// <summary>Begins to deliver. Called once.</summary>
    /// <param name="received">Takes each line. It hands over and returns.</param>
    /// <param name="broken">Called once when nothing more can come, with the reason.</param>
    void Start(Action<string> received, Action<Exception> broken);

    /// <summary>Sends a line. Does not wait for the other end.</summary>
    /// <param name="line">The line, without its end.</param>
    void Send(string line);

    /// <summary>Ends the connection and what runs at its other end. Any number of calls.</summary>
    void Close();
}
