namespace AgentSandbox.PowerShell.Remoting.Wire;

/// <summary>A line for this process's PowerShell.</summary>
/// <param name="Line">The line.</param>
/// <param name="Records">Records that are complete with it: what is counted until somebody has taken it.</param>
/// <param name="Bytes">Their size.</param>
internal readonly record struct FilteredLine(string Line, int Records = 0, int Bytes = 0);

/// <summary>
/// Stands between a PowerShell server in a sandbox and the PowerShell of this process, which was written for servers that are trusted. It knows the whole protocol of such a server, passes on what
/// this product needs, made anew so that both see the same, and answers or drops the rest. Does no I/O; one thread calls it for what comes in, others may tell it what goes out.
/// </summary>
/// <param name="hostWrites">Text that the server wants the host to show is passed on; otherwise dropped, since it comes as a record, too.</param>
/// <param name="isEntered">Says whether a person at this process's host is in the session (Enter-PSSession), so that what is sent now was typed there; null when nobody ever is.</param>
internal sealed class ServerFilter(bool hostWrites, Func<bool>? isEntered = null)
{
    private readonly object _lock = new();
    private readonly HashSet<Guid> _open = [Guid.Empty];
    private readonly Dictionary<(Guid Owner, string Stream), FragmentAssembler> _assemblers = [];
    private readonly List<byte[]> _messages = [];
    private readonly Dictionary<Guid, SentCommand> _typed = [];
    private readonly HashSet<Guid> _stopping = [];
    private long _nextObject;
    private long _nextReply = 1L << 40;

    /// <summary>What <c>exit</c> in the sandbox said; null when nothing has.</summary>
    public int? ExitCode { get; set; }

    /// <summary>The session was told to end.</summary>
    public bool Closing { get; private set; }

    /// <summary>Takes note of a line that this process's PowerShell sends.</summary>
    /// <param name="line">The line.</param>
    public void Sent(string line)
    {
        if (line.StartsWith("<Data", StringComparison.Ordinal))
        {
            if (isEntered is not null && SentCommand.Read(line) is { } command && isEntered())
            {
                lock (_lock)
                {
                    _typed[command.Pipeline] = command;
                }
            }

            return;
        }

        WirePacket packet = WirePacket.Parse(line);
        lock (_lock)
        {
            if (packet.Kind == WirePacketKind.Command)
            {
                _open.Add(packet.Owner);
            }
            else if (packet.Kind == WirePacketKind.Signal)
            {
                _stopping.Add(packet.Owner);
            }
            else if (packet is { Kind: WirePacketKind.Close } && packet.Owner == Guid.Empty)
            {
                Closing = true;
            }
        }
    }

    /// <summary>Says whether a command was told to stop and the server has not said that it did.</summary>
    /// <param name="pipeline">The command.</param>
    /// <returns>True while it is waited for.</returns>
    public bool IsStopping(Guid pipeline)
    {
        lock (_lock)
        {
            return _stopping.Contains(pipeline);
        }
    }

    /// <summary>Takes a line from the server.</summary>
    /// <param name="line">The line.</param>
    /// <param name="forward">Gets the lines for this process's PowerShell.</param>
    /// <param name="reply">Gets the lines for the server.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ProtocolViolation"/>: the connection has to be closed.</exception>
    public void Received(string line, List<FilteredLine> forward, List<string> reply)
    {
        WirePacket packet = WirePacket.Parse(line);
        switch (packet.Kind)
        {
            case WirePacketKind.Data:
                Take(packet, forward, reply);
                break;
            case WirePacketKind.Command or WirePacketKind.Signal or WirePacketKind.Close:
                throw WireViolation.Of($"sent what only a client sends ({packet.Kind})");
            case WirePacketKind.SignalAck or WirePacketKind.CommandAck when packet.Owner == Guid.Empty:
            case WirePacketKind.CloseAck when packet.Owner == Guid.Empty && !Closing:
                throw WireViolation.Of($"answered what nobody asked ({packet.Kind})");
            default:
                if (Knows(packet.Owner))
                {
                    forward.Add(new FilteredLine(line));
                    Forget(packet);
                }

                break;
        }
    }

    private bool Knows(Guid owner)
    {
        lock (_lock)
        {
            return _open.Contains(owner);
        }
    }

    private void Forget(WirePacket packet)
    {
        if (packet.Kind is WirePacketKind.SignalAck or WirePacketKind.CloseAck)
        {
            lock (_lock)
            {
                _stopping.Remove(packet.Owner);
            }
        }

        if (packet.Kind == WirePacketKind.CloseAck && packet.Owner != Guid.Empty)
        {
            lock (_lock)
            {
                _open.Remove(packet.Owner);
                _typed.Remove(packet.Owner);
            }

            _assemblers.Remove((packet.Owner, WirePacket.DefaultStream));
            _assemblers.Remove((packet.Owner, WirePacket.PromptStream));
        }
    }

    private void Take(WirePacket packet, List<FilteredLine> forward, List<string> reply)
    {
        if (!Knows(packet.Owner))
        {
            return; // A command that has ended; PowerShell drops it, too.
        }

        if (!_assemblers.TryGetValue((packet.Owner, packet.Stream), out FragmentAssembler? assembler))
        {
            _assemblers.Add((packet.Owner, packet.Stream), assembler = new FragmentAssembler(WireLimits.Message));
        }

        _messages.Clear();
        assembler.Append(packet.Data, _messages);
        foreach (byte[] bytes in _messages)
        {
            WireMessage message = WireMessage.Parse(bytes);
            if (message.Pipeline != packet.Owner)
            {
                throw WireViolation.Of("sent a message of one command as one of another");
            }

            CliXmlCheck.ThrowIfRefused(message.OpenBody());
            Decide(message, packet, forward, reply);
        }
    }

    private void Decide(WireMessage message, WirePacket packet, List<FilteredLine> forward, List<string> reply)
    {
        switch (message.Kind)
        {
            case WireMessageKind.RunspaceHostCall or WireMessageKind.PipelineHostCall:
                Decide(HostCall.Parse(message.OpenBody()), message, packet, forward, reply);
                break;
            case WireMessageKind.PSEventArgs:
                // Among them are those of its debugger, which would have this host stop and ask.
                break;
            case WireMessageKind.PipelineState when Typed(packet.Owner) is { Leaves: true }:
                // The host leaves because the person said so, whether the server likes it or not, and at no other time: what is typed next is meant for another place.
                Forward(new WireMessage(WireMessageKind.PipelineHostCall, message.Pipeline, WireMessage.Write(WireMessage.Client, (uint)WireMessageKind.PipelineHostCall, message.Pool, message.Pipeline, HostCall.Leave.ToCliXml())), packet, forward);
                Forward(message, packet, forward);
                break;
            case WireMessageKind.Output when Typed(packet.Owner) is { IsPrompt: true }:
                Forward(message.WithBody(HostText.CleanPrompt(message.OpenBody())), packet, forward);
                break;
            default:
                Forward(ShownText.Clean(message), packet, forward);
                break;
        }
    }

    private SentCommand? Typed(Guid pipeline)
    {
        lock (_lock)
        {
            return _typed.GetValueOrDefault(pipeline);
        }
    }

    private void Decide(HostCall call, WireMessage message, WirePacket packet, List<FilteredLine> forward, List<string> reply)
    {
        if (call.IsWrite && hostWrites)
        {
            byte[] anew = WireMessage.Write(WireMessage.Client, (uint)message.Kind, message.Pool, message.Pipeline, call.ToCliXml());
            Forward(new WireMessage(message.Kind, message.Pipeline, anew), packet, forward);
        }
        else if (call is { Method: HostCall.SetShouldExit, Arguments: [long code] })
        {
            ExitCode = unchecked((int)code);
        }
        else if (call.HasAnswer)
        {
            uint kind = (uint)message.Kind + 1; // The answer's kind is the call's plus one.
            byte[] answer = WireMessage.Write(WireMessage.Server, kind, message.Pool, message.Pipeline, call.RefusalCliXml());
            foreach (byte[] fragment in FragmentAssembler.Split(_nextReply++, answer))
            {
                reply.Add(WirePacket.DataLine(packet.Owner, WirePacket.PromptStream, fragment));
            }
        }
    }

    private void Forward(WireMessage message, WirePacket packet, List<FilteredLine> forward)
    {
        int last = forward.Count;
        foreach (byte[] fragment in FragmentAssembler.Split(++_nextObject, message.Bytes))
        {
            forward.Add(new FilteredLine(WirePacket.DataLine(packet.Owner, packet.Stream, fragment)));
            last = forward.Count - 1;
        }

        if (message.IsRecord || message.Kind == WireMessageKind.PipelineHostCall)
        {
            forward[last] = forward[last] with { Records = 1, Bytes = message.Bytes.Length };
        }
    }
}
