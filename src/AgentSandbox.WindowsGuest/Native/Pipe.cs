using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.WindowsGuest.Native;

/// <summary>Anonymous pipes: one end for a command, the other for the guest.</summary>
internal static unsafe class Pipe
{
    private const uint Size = 64 * 1024;

    /// <summary>Makes a pipe.</summary>
    /// <param name="commandReads">The command gets the reading end, else the writing end.</param>
    /// <returns>The command's end, which may be inherited, and the guest's, which is not.</returns>
    /// <exception cref="Win32Exception">It can't be made.</exception>
    public static (SafeFileHandle Command, SafeFileHandle Guest) Create(bool commandReads)
    {
        nint read;
        nint write;
        Check(Kernel32.CreatePipe(&read, &write, null, Size));
        var command = new SafeFileHandle(commandReads ? read : write, ownsHandle: true);
        var guest = new SafeFileHandle(commandReads ? write : read, ownsHandle: true);
        Check(Kernel32.SetHandleInformation(command.DangerousGetHandle(), Kernel32.HandleFlagInherit, Kernel32.HandleFlagInherit));
        return (command, guest);
    }

    /// <summary>Opens NUL for a command that gets no input.</summary>
    /// <returns>A handle that may be inherited.</returns>
    /// <exception cref="Win32Exception">It can't be opened.</exception>
    public static SafeFileHandle OpenNul()
    {
        var attributes = new Kernel32.SecurityAttributes { Size = sizeof(Kernel32.SecurityAttributes), Inherit = 1 };
        fixed (char* name = "NUL")
        {
            nint handle = Kernel32.CreateFile(name, Kernel32.GenericRead, Kernel32.ShareReadWrite, &attributes, Kernel32.OpenExisting, 0, 0);
            return handle != -1 ? new SafeFileHandle(handle, ownsHandle: true) : throw new Win32Exception(Marshal.GetLastWin32Error());
        }
    }

    /// <summary>Waits for bytes.</summary>
    /// <param name="pipe">The reading end.</param>
    /// <param name="buffer">Where to.</param>
    /// <param name="offset">From where in it.</param>
    /// <param name="count">How many at most, above 0.</param>
    /// <returns>Bytes read; 0 when no writer is left.</returns>
    public static int Read(SafeFileHandle pipe, byte[] buffer, int offset, int count)
    {
        fixed (byte* p = buffer)
        {
            while (true)
            {
                uint done;
                if (Kernel32.ReadFile(pipe.DangerousGetHandle(), p + offset, (uint)count, &done, null) == 0)
                {
                    return 0; // ERROR_BROKEN_PIPE; any other error leaves nothing to read either.
                }

                if (done > 0)
                {
                    return (int)done;
                }

                // Somebody has written nothing, which is not the end.
            }
        }
    }

    /// <summary>Writes all bytes, waiting for room.</summary>
    /// <param name="pipe">The writing end.</param>
    /// <param name="buffer">The bytes.</param>
    /// <returns>False when nobody reads any more, or the write was cancelled.</returns>
    public static bool Write(SafeFileHandle pipe, byte[] buffer)
    {
        fixed (byte* p = buffer)
        {
            for (int at = 0; at < buffer.Length;)
            {
                uint done;
                if (Kernel32.WriteFile(pipe.DangerousGetHandle(), p + at, (uint)(buffer.Length - at), &done, null) == 0)
                {
                    return false;
                }

                at += (int)done;
            }
        }

        return true;
    }

    /// <summary>Bytes that can be read without waiting.</summary>
    /// <param name="pipe">The reading end.</param>
    /// <returns>The number; 0 when no writer is left.</returns>
    public static int Available(SafeFileHandle pipe)
    {
        uint available;
        return Kernel32.PeekNamedPipe(pipe.DangerousGetHandle(), null, 0, null, &available, null) != 0 ? (int)available : 0;
    }

    private static void Check(int result)
    {
        if (result == 0)
        {
            throw new Win32Exception(Marshal.GetLastWin32Error());
        }
    }
}
