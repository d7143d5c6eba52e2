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

    private CommandTerminal(int master, int slave, bool kernelSignals)
    {
        _master = master;
        _slave = slave;
        KernelSignals = kernelSignals;
    }

    /// <summary>
    /// The kernel makes signals of keys and of a new size. gVisor's does not (release of 2022), nor does it tell from outside of the session which processes are
    /// in the foreground: there the guest sends them, to all of the command.
    /// </summary>
    public bool KernelSignals { get; }

    /// <summary>The command's side; -1 once the first process has ended.</summary>
    public int Slave => _slave;

    /// <inheritdoc cref="PseudoTerminal.Open"/>
    public static CommandTerminal Open(TerminalMessage size, uint owner)
    {
        (int master, int slave, bool kernelSignals) = PseudoTerminal.Open(size, owner);
        return new CommandTerminal(master, slave, kernelSignals);
    }

    /// <summary>Another descriptor of our side; -1 with errno when there is no room for it.</summary>
    public int Duplicate() => Libc.Fcntl(_master, Os.F_DUPFD_CLOEXEC, 5);

    /// <summary>Finds the first byte that is a key for a signal, as the terminal is set at this moment.</summary>
    /// <param name="bytes">What was typed.</param>
    /// <param name="signal">The signal.</param>
    /// <returns>Its index; -1 when there is none.</returns>
    public unsafe int FindSignalKey(ReadOnlySpan<byte> bytes, out int signal)
    {
        // struct termios: four words of flags, the line discipline, then the keys.
        uint* termios = stackalloc uint[16];
        signal = 0;
        if (_master < 0 || Libc.Ioctl(_master, Os.TCGETS, (int*)termios) != 0 || (termios[3] & Os.ISIG) == 0)
        {
            return -1;
        }

        byte* keys = (byte*)termios + 17;
        for (int i = 0; i < bytes.Length; i++)
        {
            byte b = bytes[i];
            signal = b == 0 ? 0 : b == keys[Os.VINTR] ? Os.SIGINT : b == keys[Os.VQUIT] ? Os.SIGQUIT : b == keys[Os.VSUSP] ? Os.SIGTSTP : 0;
            if (signal != 0)
            {
                return i;
            }
        }

        return -1;
    }

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
