using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Copying.Files;

/// <summary>Opens, reads and looks at files relative to an open folder, so that nobody can swap the way to them in between.</summary>
internal static class LinuxFile
{
    private static readonly byte[] _empty = [0];

    /// <summary>A path as the calls want it.</summary>
    /// <param name="text">The path.</param>
    /// <returns>UTF-8, ending in NUL.</returns>
    public static byte[] Name(string text) => NameBytes.Of(text);

    /// <summary>A path as the calls want it.</summary>
    /// <param name="text">The path's bytes.</param>
    /// <returns>The same, ending in NUL.</returns>
    public static byte[] Name(ReadOnlySpan<byte> text) => NameBytes.Of(text);

    /// <summary>Opens by path, from the process's own folder; links on the way are followed, the last one too unless the flags say no.</summary>
    /// <param name="path">The path.</param>
    /// <param name="flags">open(2).</param>
    /// <returns>The file or folder.</returns>
    /// <exception cref="NativeIOException">It can't be opened.</exception>
    public static SafeFileHandle Open(string path, int flags)
    {
        byte[] name = Name(path);
        int fd = Native.OpenAt(Native.AtFdCwd, name, flags | OpenFlags.CloseOnExec, 0);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw NativeIOException.Last("open", name);
    }

    /// <summary>Opens one name in a folder without following a link.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">One component, ending in NUL.</param>
    /// <param name="flags">open(2); O_NOFOLLOW and O_CLOEXEC are added.</param>
    /// <param name="mode">Permissions of a file that is created.</param>
    /// <param name="errno">Why not, when the result is null.</param>
    /// <returns>The file or folder, or null.</returns>
    public static SafeFileHandle? TryOpenAt(SafeFileHandle folder, byte[] name, int flags, uint mode, out int errno)
    {
        int fd = Native.OpenAt(folder, name, flags | OpenFlags.NoFollow | OpenFlags.CloseOnExec, mode);
        errno = fd >= 0 ? 0 : Marshal.GetLastPInvokeError();
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : null;
    }

    /// <summary>Looks at an open file.</summary>
    /// <param name="file">The file.</param>
    /// <returns>What it is.</returns>
    public static StatX Stat(SafeFileHandle file) =>
        Native.StatX(file, _empty, OpenFlags.AtEmptyPath, StatX.Everything, out StatX result) == 0 ? result : throw NativeIOException.Last("statx", default);

    /// <summary>Looks at one name in a folder; a link is not followed.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">One component, ending in NUL.</param>
    /// <param name="result">What it is.</param>
    /// <returns>0, or errno(3).</returns>
    public static int TryStatAt(SafeFileHandle folder, byte[] name, out StatX result) =>
        Native.StatX(folder, name, OpenFlags.AtSymlinkNoFollow, StatX.Everything, out result) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Reads from a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="buffer">Where to.</param>
    /// <returns>Bytes read, 0 at the end.</returns>
    public static unsafe int Read(SafeFileHandle file, Span<byte> buffer)
    {
        fixed (byte* p = buffer)
        {
            while (true)
            {
                nint n = Native.Read(file, p, buffer.Length);
                if (n >= 0)
                {
                    return (int)n;
                }

                if (Marshal.GetLastPInvokeError() != Errno.Interrupted)
                {
                    throw NativeIOException.Last("read", default);
                }
            }
        }
    }

    /// <summary>Writes all bytes to a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="data">The bytes.</param>
    public static unsafe void Write(SafeFileHandle file, ReadOnlySpan<byte> data)
    {
        fixed (byte* p = data)
        {
            for (int done = 0; done < data.Length;)
            {
                nint n = Native.Write(file, p + done, data.Length - done);
                if (n >= 0)
                {
                    done += (int)n;
                }
                else if (Marshal.GetLastPInvokeError() != Errno.Interrupted)
                {
                    throw NativeIOException.Last("write", default);
                }
            }
        }
    }

    /// <summary>Sets the time of the last change of a name in a folder, or of the open file itself when the name is null; a link is not followed.</summary>
    /// <param name="folder">The folder or file.</param>
    /// <param name="name">One component, ending in NUL, or null.</param>
    /// <param name="seconds">Since 1970.</param>
    /// <param name="nanoseconds">0 to 999,999,999.</param>
    public static unsafe void SetModified(SafeFileHandle folder, byte[]? name, long seconds, uint nanoseconds)
    {
        TimeSpec* times = stackalloc TimeSpec[2];
        times[0] = new TimeSpec { Nanoseconds = TimeSpec.Omit };
        times[1] = new TimeSpec { Seconds = seconds, Nanoseconds = nanoseconds };

        // A file system that can't hold the time (before 1970, after 2038 on some) keeps its own: no copy fails for that.
        _ = name is null ? Native.SetTimes(folder, times) : Native.SetTimesAt(folder, name, times, OpenFlags.AtSymlinkNoFollow);
    }

    /// <summary>Reads where a link points to.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">The link's name in it, ending in NUL.</param>
    /// <returns>The target, or null when it is no link (any more).</returns>
    public static byte[]? TryReadLink(SafeFileHandle folder, byte[] name)
    {
        byte[] buffer = new byte[4097];
        nint n = Native.ReadLinkAt(folder, name, buffer, buffer.Length);
        return n is > 0 and <= 4096 ? buffer[..(int)n] : null;
    }
}
