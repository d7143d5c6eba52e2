using System.ComponentModel;
using System.Runtime.InteropServices;

namespace AgentSandbox.Terminals;

/// <summary>
/// The terminal that this process was started on: its standard input and output. Raw while a session runs, so that every key goes to the sandbox, Ctrl+C
/// too; put back as it was in every end that a program can see: return, exception, SIGTERM, SIGHUP, SIGQUIT, being stopped, an unhandled exception of any
/// thread, the end of the process. After SIGKILL a shell does it.
/// </summary>
internal sealed unsafe class LocalTerminal : IDisposable
{
    private const int Input = 0;
    private const int Output = 1;

    private readonly object _gate = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private TerminalNative.Termios _original;
    private TerminalNative.Termios _raw;
    private bool _isRaw;

    private LocalTerminal()
    {
    }

    /// <summary>Its size; 80 by 24 when it does not know.</summary>
    public static TerminalSize Size
    {
        get
        {
            TerminalNative.WindowSize size;
            return TerminalNative.ioctl(Output, TerminalNative.TIOCGWINSZ, &size) == 0 && size.Columns > 0 && size.Rows > 0 ? new(size.Columns, size.Rows) : TerminalSize.Default;
        }
    }

    /// <summary>Finds the terminal; changes nothing.</summary>
    /// <returns>The terminal.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.TerminalRequired"/>: there is none, or it is in somebody else's hands.</exception>
    public static LocalTerminal Open()
    {
        if (!OperatingSystem.IsLinux())
        {
            throw Required("an interactive shell is entered from a Linux terminal only.");
        }

        if (TerminalNative.isatty(Input) != 1 || TerminalNative.isatty(Output) != 1)
        {
            throw Required($"standard {(TerminalNative.isatty(Input) == 1 ? "output" : "input")} of this process is none.");
        }

        if (TerminalNative.tcgetpgrp(Input) != TerminalNative.getpgrp())
        {
            throw Required("this process runs in the background of its terminal.");
        }

        return new LocalTerminal();
    }

    /// <summary>Makes it raw.</summary>
    /// <param name="resized">Called, on another thread, when its size may have changed.</param>
    public void EnterRaw(Action resized)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException(); // Open has refused.
        }

        lock (_gate)
        {
            fixed (TerminalNative.Termios* original = &_original)
            fixed (TerminalNative.Termios* raw = &_raw)
            {
                if (TerminalNative.tcgetattr(Input, original) != 0)
                {
                    throw new IOException($"The terminal's settings can't be read: {LastError()}.");
                }

                _raw = _original;
                TerminalNative.cfmakeraw(raw);
            }

            // First the ways back, then the change.
            AppDomain.CurrentDomain.ProcessExit += OnProcessEnd;
            AppDomain.CurrentDomain.UnhandledException += OnProcessEnd;
            foreach (PosixSignal signal in (PosixSignal[])[PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT, PosixSignal.SIGTSTP])
            {
                // What the signal does otherwise it goes on doing: others decide that.
                _registrations.Add(PosixSignalRegistration.Create(signal, _ => Set(isRaw: false, TerminalNative.TCSADRAIN)));
            }

            _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGCONT, _ =>
            {
                Set(isRaw: true, TerminalNative.TCSADRAIN);
                resized();
            }));
            _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => resized()));
            _isRaw = true;
            Set(isRaw: true, TerminalNative.TCSADRAIN);
        }
    }

    /// <summary>Makes it raw once more, should a signal that did not end this process have put it back.</summary>
    public void StayRaw() => Set(isRaw: true, TerminalNative.TCSADRAIN);

    /// <summary>Writes to the terminal, as it is.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <exception cref="IOException">The terminal has gone.</exception>
    public static void Write(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            for (nint done = 0; done < bytes.Length;)
            {
                nint count = TerminalNative.write(Output, start + done, bytes.Length - done);
                if (count >= 0)
                {
                    done += count;
                }
                else if (Marshal.GetLastPInvokeError() == TerminalNative.EAGAIN)
                {
                    // Somebody left it non-blocking.
                    var wait = new TerminalNative.PollFd { Descriptor = Output, Events = TerminalNative.POLLOUT };
                    _ = TerminalNative.poll(&wait, 1, -1);
                }
                else if (Marshal.GetLastPInvokeError() != TerminalNative.EINTR)
                {
                    throw new IOException($"The terminal can't be written: {LastError()}.");
                }
            }
        }
    }

    /// <summary>Reads what was typed.</summary>
    /// <param name="buffer">Where it goes.</param>
    /// <param name="wake">A descriptor that ends the waiting when it becomes readable; -1 for none.</param>
    /// <param name="milliseconds">Longest time to wait; -1 is for ever.</param>
    /// <returns>Bytes read; 0 when nothing came; -1 when the terminal has gone.</returns>
    public static int Read(Span<byte> buffer, int wake, int milliseconds)
    {
        TerminalNative.PollFd* both = stackalloc TerminalNative.PollFd[2];
        both[0] = new TerminalNative.PollFd { Descriptor = Input, Events = TerminalNative.POLLIN };
        both[1] = new TerminalNative.PollFd { Descriptor = wake, Events = TerminalNative.POLLIN };
        if (TerminalNative.poll(both, 2, milliseconds) <= 0 || both[1].Returned != 0)
        {
            return 0; // EINTR too: the caller asks again.
        }

        fixed (byte* start = buffer)
        {
            nint count = TerminalNative.read(Input, start, buffer.Length);
            return count > 0 ? (int)count : count < 0 && Marshal.GetLastPInvokeError() is TerminalNative.EINTR or TerminalNative.EAGAIN ? 0 : -1;
        }
    }

    /// <summary>Puts it back as it was, and forgets what was typed and not read: that was meant for the sandbox, or is an answer to it.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (!_isRaw)
            {
                return;
            }

            Set(isRaw: false, TerminalNative.TCSAFLUSH);
            _isRaw = false;
        }

        AppDomain.CurrentDomain.ProcessExit -= OnProcessEnd;
        AppDomain.CurrentDomain.UnhandledException -= OnProcessEnd;
        _registrations.ForEach(r => r.Dispose()); // Waits for handlers that run, so not under the lock that they take.
        _registrations.Clear();
    }

    private void OnProcessEnd(object? sender, EventArgs e) => Set(isRaw: false, TerminalNative.TCSADRAIN);

    private void Set(bool isRaw, int when)
    {
        lock (_gate)
        {
            if (_isRaw)
            {
                fixed (TerminalNative.Termios* settings = &(isRaw ? ref _raw : ref _original))
                {
                    _ = TerminalNative.tcsetattr(Input, when, settings); // A terminal that has gone needs nothing.
                }
            }
        }
    }

    private static SandboxException Required(string why) => new(
        SandboxErrorId.TerminalRequired,
        $"An interactive shell needs a terminal: {why}",
        "Run it at a prompt. In a script use Invoke-InSandbox (agentsandbox exec without --tty).");

    private static string LastError() => new Win32Exception(Marshal.GetLastPInvokeError()).Message;
}
