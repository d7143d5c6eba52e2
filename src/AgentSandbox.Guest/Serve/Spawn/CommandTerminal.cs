using AgentSandbox.Guest.Native;
using AgentSandbox.Protocol;

namespace AgentSandbox.Guest.Serve.Spawn;

/// <summary>
/// A command's terminal, as far as it is more than a stream: its size, and its hang-up. The command's side stays open here until the first process has
/// ended, so that one that closes its own three descriptors and opens /dev/tty again meets no hung-up terminal.
/// </summary>
internal sealed class CommandTerminal
{
    private int _master;
    private int _slave;

    private CommandTerminal(int master, int slave)
    {
        _master = master;
        _slave = slave;
    }

    /// <summary>The command's side; -1 once the first process has ended.</summary>
    public int Slave => _slave;

    /// <inheritdoc cref="PseudoTerminal.Open"/>
    public static CommandTerminal Open(TerminalMessage size, uint owner)
    {
        (int master, int slave) = PseudoTerminal.Open(size, owner);
        return new CommandTerminal(master, slave);
    }

    /// <summary>Another descriptor of our side; -1 with errno when there is no room for it.</summary>
    public int Duplicate() => Libc.Fcntl(_master, Os.F_DUPFD_CLOEXEC, 5);

    /// <summary>RESIZE. On a terminal that is gone it is late, and nothing is left to do.</summary>
    public void Resize(TerminalMessage size)
    {
        if (_master >= 0)
        {
            _ = PseudoTerminal.Resize(_master, size); // Can't fail on a terminal: any size is one.
        }
    }

    /// <summary>The first process has ended: output ends once nobody else has the terminal open.</summary>
    public void OnLeaderExit() => FileDescriptor.Close(ref _slave);

    /// <summary>Lets go of it. With the two streams closed as well, the kernel hangs up: SIGHUP, and an error for whoever still writes.</summary>
    public void Close()
    {
        FileDescriptor.Close(ref _slave);
        FileDescriptor.Close(ref _master);
    }
}
