using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace AgentSandbox.Host.CommandLine.Streams.Windows;

/// <summary>
/// The standard handles as the bytes that they are: the Windows half of <see cref="RawDescriptor"/>. A console speaks UTF-16, whatever its code page;
/// everything else is read and written as it is.
/// </summary>
[SupportedOSPlatform("windows")]
internal static class WindowsHandles
{
    private static readonly ConsoleInput s_input = new();
    private static readonly ConsoleOutput[] s_outputs = [new(), new()];

    /// <summary>The caller gave us this handle.</summary>
    /// <param name="descriptor">Number of the stream, as on Linux.</param>
    /// <returns>Whether there is one.</returns>
    public static bool IsInherited(int descriptor) => Handle(descriptor) is not (0 or -1);

    /// <summary>The handle is a console's.</summary>
    /// <param name="descriptor">Number of the stream.</param>
    /// <returns>Whether it is.</returns>
    public static bool IsTerminal(int descriptor) => ConsoleApi.GetConsoleMode(Handle(descriptor), out _);

    /// <summary>Lets a console understand escape sequences. Consoles before Windows 10 can't.</summary>
    /// <param name="descriptor">Number of the stream.</param>
    /// <returns>Whether it does.</returns>
    public static bool EnableEscapeSequences(int descriptor) =>
        ConsoleApi.GetConsoleMode(Handle(descriptor), out uint mode) && ConsoleApi.SetConsoleMode(Handle(descriptor), mode | ConsoleApi.ENABLE_VIRTUAL_TERMINAL_PROCESSING);

    /// <summary>Reads what there is, waiting for at least one byte.</summary>
    /// <param name="descriptor">Number of the stream.</param>
    /// <param name="buffer">Where it goes.</param>
    /// <returns>Bytes read; 0 at the end.</returns>
    /// <exception cref="IOException">It can't be read.</exception>
    public static unsafe int Read(int descriptor, Span<byte> buffer)
    {
        if (IsTerminal(descriptor))
        {
            return s_input.Read(Handle(descriptor), buffer);
        }

        fixed (byte* start = buffer)
        {
            if (ConsoleApi.ReadFile(Handle(descriptor), start, (uint)buffer.Length, out uint read, 0))
            {
                return (int)read;
            }
        }

        int error = Marshal.GetLastPInvokeError();
        return error is ConsoleApi.ERROR_BROKEN_PIPE or ConsoleApi.ERROR_HANDLE_EOF or ConsoleApi.ERROR_PIPE_NOT_CONNECTED
            ? 0 // Who wrote has closed the pipe: that is how a pipe ends here.
            : throw Failure(descriptor, error);
    }

    /// <summary>Writes all of it.</summary>
    /// <param name="descriptor">Number of the stream.</param>
    /// <param name="bytes">The bytes.</param>
    /// <exception cref="OutputClosedException">Who read it has gone.</exception>
    /// <exception cref="IOException">It can't be written.</exception>
    public static unsafe void Write(int descriptor, ReadOnlySpan<byte> bytes)
    {
        nint handle = Handle(descriptor);
        if (IsTerminal(descriptor))
        {
            s_outputs[descriptor - RawDescriptor.StandardOutput].Write(handle, bytes);
            return;
        }

        fixed (byte* start = bytes)
        {
            for (int done = 0; done < bytes.Length;)
            {
                if (ConsoleApi.WriteFile(handle, start + done, (uint)(bytes.Length - done), out uint written, 0))
                {
                    done += (int)written;
                    continue;
                }

                int error = Marshal.GetLastPInvokeError();
                throw error is ConsoleApi.ERROR_BROKEN_PIPE or ConsoleApi.ERROR_NO_DATA or ConsoleApi.ERROR_PIPE_NOT_CONNECTED
                    ? new OutputClosedException()
                    : Failure(descriptor, error);
            }
        }
    }

    /// <summary>Says why a stream can't be used.</summary>
    /// <param name="descriptor">Number of the stream.</param>
    /// <param name="error">Code of the error.</param>
    /// <returns>The exception.</returns>
    public static IOException Failure(int descriptor, int error)
    {
        string what = descriptor switch { RawDescriptor.StandardInput => "Standard input can't be read", RawDescriptor.StandardOutput => "Standard output can't be written", _ => "Standard error can't be written" };
        return new IOException($"{what}: {new Win32Exception(error).Message}");
    }

    private static nint Handle(int descriptor) => ConsoleApi.GetStdHandle(ConsoleApi.STD_INPUT_HANDLE - descriptor);
}
