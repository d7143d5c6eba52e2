using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace AgentSandbox.Terminals;

/// <summary>
/// Sends what is typed to a command. Reading has a thread of its own that can be woken: a read that still waited after the session would take a key from
/// whoever has the terminal then. A command that does not read holds up the sending only, so that the way out is still heard.
/// </summary>
internal sealed class KeyboardPump : IDisposable
{
    private const int BufferSize = 16 * 1024;

    /// <summary>Buffers that may wait: 16 MiB of what is pasted, 1024 keys of what is typed.</summary>
    private const int MaxWaiting = 1024;

    private readonly SandboxCommand _command;
    private readonly Channel<byte[]> _typed = Channel.CreateBounded<byte[]>(MaxWaiting);
    private readonly AnswerCounter _answers;
    private readonly EscapeKey _escape = new();
    private readonly Thread _reader;
    private int _wakeRead;
    private int _wakeWrite;
    private volatile bool _isEnding;

    /// <summary>Starts.</summary>
    /// <param name="command">The command.</param>
    /// <param name="answers">Told all that is read.</param>
    /// <exception cref="IOException">This process has no descriptors left.</exception>
    public unsafe KeyboardPump(SandboxCommand command, AnswerCounter answers)
    {
        _command = command;
        _answers = answers;
        int* ends = stackalloc int[2];
        if (TerminalNative.pipe2(ends, TerminalNative.O_CLOEXEC) != 0)
        {
            throw new IOException($"pipe2: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
        }

        (_wakeRead, _wakeWrite) = (ends[0], ends[1]);
        _reader = new Thread(Read) { IsBackground = true, Name = "terminal input" };
        _reader.Start();
        _ = Task.Run(SendAsync);
    }

    /// <summary>Stops reading; when it returns, nothing more is taken from the terminal.</summary>
    public void Dispose()
    {
        _isEnding = true;
        _typed.Writer.TryComplete();
        _ = TerminalNative.close(_wakeWrite); // The other end hangs up, which poll(2) reports.
        _reader.Join();
        _ = TerminalNative.close(_wakeRead);
        (_wakeRead, _wakeWrite) = (-1, -1);
    }

    private void Read()
    {
        byte[] buffer = new byte[BufferSize];
        while (!_isEnding)
        {
            int count = LocalTerminal.Read(buffer, _wakeRead, -1);
            _answers.Take(buffer.AsSpan(0, Math.Max(count, 0)));
            int end = count > 0 ? _escape.Find(buffer.AsSpan(0, count), Environment.TickCount64) : -1;
            if (count < 0 || end >= 0)
            {
                // The terminal was closed, or the user wants out.
                Background.Forget(_command.StopAsync());
                return;
            }

            if (count > 0 && !Add(buffer[..count]))
            {
                return;
            }
        }
    }

    private bool Add(byte[] typed)
    {
        while (!_typed.Writer.TryWrite(typed))
        {
            // Full: the command has not read for long, and the terminal waits with us.
            ValueTask<bool> room = _typed.Writer.WaitToWriteAsync();
            if (!room.AsTask().GetAwaiter().GetResult())
            {
                return false;
            }
        }

        return true;
    }

    private async Task SendAsync()
    {
        try
        {
            await foreach (byte[] typed in _typed.Reader.ReadAllAsync().ConfigureAwait(false))
            {
                await _command.StandardInput.WriteAsync(typed).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or SandboxException)
        {
            // The command has ended, or its connection: Completion tells.
            _typed.Writer.TryComplete();
        }
    }
}
