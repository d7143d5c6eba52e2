using AgentSandbox.Guest.Serve.Init;
using AgentSandbox.Guest.Serve.StartUp;

namespace AgentSandbox.Guest.Serve.Connections;

/// <summary>The connection over the guest's own standard streams, and what its end means.</summary>
internal sealed class StandardConnection
{
    private readonly ServerContext _context;
    private readonly BusyName _name;
    private readonly bool _isFirst;
    private readonly bool _endsWithInput;

    /// <summary>Starts to serve it.</summary>
    /// <param name="context">Shared parts.</param>
    /// <param name="isFirst">This is the sandbox's first process. It runs before anybody is attached, so the host may come late.</param>
    /// <param name="endsWithInput">The first process ends with its connection; the others always do.</param>
    public StandardConnection(ServerContext context, bool isFirst, bool endsWithInput)
    {
        _context = context;
        _isFirst = isFirst;
        _endsWithInput = endsWithInput;
        _name = new BusyName(context);
        var stream = new HostStream(context.Loop, StandardStreams.Input, StandardStreams.Output);
        Connection = new Connection(context, stream, isPatient: isFirst);
    }

    /// <summary>The connection.</summary>
    public Connection Connection { get; }

    /// <summary>
    /// It has ended, and so shall the guest. One that leaves a sandbox running waits until its commands have ended and nobody in the background
    /// writes into a pipe that it empties: with the pipe's end such a process would be killed by SIGPIPE.
    /// </summary>
    public bool AsksForEnd => Connection.IsClosed && (_isFirst ? _endsWithInput : _context.Endings == 0 && _context.Leftovers.IsEmpty);

    /// <summary>After each batch of events.</summary>
    public void EndTurn() => _name.Update();
}
