using System.Globalization;
using AgentSandbox.Guest.Native;
using AgentSandbox.Protocol;

namespace AgentSandbox.Guest.Serve.Spawn;

/// <summary>
/// Makes pseudo-terminals, pty(7), of the sandbox's own devpts. What lies at <c>/dev/ptmx</c> is the sandbox's word: a thing that is no multiplexer is
/// refused by its first ioctl, and nothing here waits for it.
/// </summary>
internal static unsafe class PseudoTerminal
{
    /// <summary>Opens a pair.</summary>
    /// <param name="size">Its size.</param>
    /// <param name="owner">User that the command's side is to belong to, as programs expect that open it by its name.</param>
    /// <returns>Non-blocking our side, and the command's, both of which close on exec; and whether the kernel makes signals of keys, see <see cref="CommandTerminal.KernelSignals"/>.</returns>
    /// <exception cref="CommandRefusedException">There is no devpts in the sandbox, or no terminal is free.</exception>
    public static (int Master, int Slave, bool KernelSignals) Open(TerminalMessage size, uint owner)
    {
        // A terminal belongs to who opens it. Taken on by this thread only, and by the effective id only: the real and the saved one are what
        // others may signal it by. Not fchown(2), for which the guest may have no right (gVisor).
        uint own = Libc.GetEffectiveUserId();
        if (owner != own)
        {
            Check((int)Libc.Syscall(Os.SYS_setresuid, -1, (nint)owner, -1, 0, 0), "setresuid");
        }

        try
        {
            return OpenPair(size);
        }
        finally
        {
            if (owner != own && Libc.Syscall(Os.SYS_setresuid, -1, (nint)own, -1, 0, 0) != 0)
            {
                StandardError.WriteLine("setresuid: the way back is barred."); // It never is; but a guest that goes on as somebody else must not be.
                Libc.ExitNow(70);
            }
        }
    }

    private static (int Master, int Slave, bool KernelSignals) OpenPair(TerminalMessage size)
    {
        int master = FileDescriptor.Open("/dev/ptmx", Os.O_RDWR | Os.O_NOCTTY | Os.O_NONBLOCK);
        if (master < 0)
        {
            master = FileDescriptor.Open("/dev/pts/ptmx", Os.O_RDWR | Os.O_NOCTTY | Os.O_NONBLOCK); // A devpts of its own without the link to it.
        }

        int slave = -1;
        try
        {
            Check(master, "open /dev/ptmx");
            int number;
            int unlocked = 0;
            Check(Libc.Ioctl(master, Os.TIOCGPTN, &number), "TIOCGPTN");
            Check(Libc.Ioctl(master, Os.TIOCSPTLCK, &unlocked), "TIOCSPTLCK");
            slave = OpenSlave(master, number, out bool kernelSignals);
            Check(slave, "open the terminal");
            Check(Resize(master, size), "TIOCSWINSZ");
            ExpectUtf8(slave);
            return (master, slave, kernelSignals);
        }
        catch
        {
            FileDescriptor.Close(ref master);
            FileDescriptor.Close(ref slave);
            throw;
        }
    }

    /// <summary>Sets the size, of which the kernel tells the foreground processes by SIGWINCH.</summary>
    /// <returns>-1 with errno on failure.</returns>
    public static int Resize(int descriptor, TerminalMessage size)
    {
        // struct winsize: rows, columns, and two numbers of pixels that nobody knows.
        ushort* winsize = stackalloc ushort[4] { size.Rows, size.Columns, 0, 0 };
        return Libc.Ioctl(descriptor, Os.TIOCSWINSZ, (int*)winsize);
    }

    // By the master where the kernel can (4.13), since a path could lead elsewhere; gVisor can't.
    private static int OpenSlave(int master, int number, out bool isLinux)
    {
        int slave = Libc.Ioctl(master, Os.TIOCGPTPEER, (int*)(nint)(Os.O_RDWR | Os.O_NOCTTY | Os.O_CLOEXEC));
        isLinux = slave >= 0 || Libc.Errno is not (Errno.ENOTTY or Errno.EINVAL);
        if (isLinux)
        {
            return slave;
        }

        slave = FileDescriptor.Open("/dev/pts/" + number.ToString(CultureInfo.InvariantCulture), Os.O_RDWR | Os.O_NOCTTY | Os.O_NONBLOCK | Os.O_NOFOLLOW);
        byte* stat = stackalloc byte[256];
        byte empty = 0;
        if (slave >= 0 && (Libc.Statx(slave, &empty, Os.AT_EMPTY_PATH, Os.STATX_TYPE, stat) != 0 || (*(ushort*)(stat + 28) & Os.S_IFMT) != Os.S_IFCHR))
        {
            FileDescriptor.Close(ref slave);
            Libc.Errno = Errno.ENOTTY;
        }

        return slave >= 0 && Libc.Fcntl(slave, Os.F_SETFL, 0) != 0 ? -1 : slave; // Blocking, as programs expect it.
    }

    // Only a convenience: a kernel without the flag erases byte by byte, as ever.
    private static void ExpectUtf8(int slave)
    {
        uint* termios = stackalloc uint[16]; // The kernel's struct has 36 bytes, of which the input flags are the first four.
        if (Libc.Ioctl(slave, Os.TCGETS, (int*)termios) == 0)
        {
            termios[0] |= Os.IUTF8;
            _ = Libc.Ioctl(slave, Os.TCSETS, (int*)termios);
        }
    }

    private static void Check(int result, string stage)
    {
        if (result < 0)
        {
            throw new CommandRefusedException(Libc.Errno is Errno.ENOSPC or Errno.EAGAIN or Errno.ENOMEM or Errno.EMFILE or Errno.ENFILE ? FailKind.ResourceExhausted : FailKind.Terminal, Libc.Errno, stage, "");
        }
    }
}
