using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;

namespace AgentSandbox.Host.CommandLine.Streams.Windows;

/// <summary>What is typed at a console, as UTF-8.</summary>
[SupportedOSPlatform("windows")]
internal sealed class ConsoleInput
{
    /// <summary>Ctrl+Z at the start of a line is how the end is typed on Windows.</summary>
    private const char EndOfInput = '\x1A';

    private readonly Encoder _encoder = Encoding.UTF8.GetEncoder();

    /// <summary>Reads a line, or as much of it as fits.</summary>
    /// <param name="console">The console's handle.</param>
    /// <param name="buffer">Where it goes.</param>
    /// <returns>Bytes read; 0 at the end.</returns>
    public unsafe int Read(nint console, Span<byte> buffer)
    {
        // A character of UTF-16 is at most three bytes of UTF-8; a half of a pair waits in the encoder for its other half.
        char[] text = new char[Math.Max(buffer.Length / 3, 1)];
        while (true)
        {
            uint count;
            fixed (char* start = text)
            {
                if (!ConsoleApi.ReadConsoleW(console, start, (uint)text.Length, out count, 0))
                {
                    throw WindowsHandles.Failure(RawDescriptor.StandardInput, Marshal.GetLastPInvokeError());
                }
            }

            if (count == 0 && Marshal.GetLastPInvokeError() == ConsoleApi.ERROR_OPERATION_ABORTED)
            {
                continue; // Ctrl+C ends the reading of a line, not the input; it comes to us as a signal too.
            }

            if (count == 0 || text[0] == EndOfInput)
            {
                return 0;
            }

            int bytes = _encoder.GetBytes(text.AsSpan(0, (int)count), buffer, flush: false);
            if (bytes > 0)
            {
                return bytes;
            }
        }
    }
}

/// <summary>UTF-8 for a console. Characters may come in pieces: a command writes bytes.</summary>
[SupportedOSPlatform("windows")]
internal sealed class ConsoleOutput
{
    /// <summary>Longer texts are refused by older consoles.</summary>
    private const int MaxCharacters = 8192;

    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly Lock _lock = new();

    /// <summary>Writes all of it.</summary>
    /// <param name="console">The console's handle.</param>
    /// <param name="bytes">The bytes.</param>
    public unsafe void Write(nint console, ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            char[] text = new char[_decoder.GetCharCount(bytes, flush: false)];
            _decoder.GetChars(bytes, text, flush: false);
            fixed (char* start = text)
            {
                for (int done = 0; done < text.Length;)
                {
                    if (!ConsoleApi.WriteConsoleW(console, start + done, (uint)Math.Min(text.Length - done, MaxCharacters), out uint written, 0))
                    {
                        throw WindowsHandles.Failure(RawDescriptor.StandardOutput, Marshal.GetLastPInvokeError());
                    }

                    done += (int)written;
                }
            }
        }
    }
}
