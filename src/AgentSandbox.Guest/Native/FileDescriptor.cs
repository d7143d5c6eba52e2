using System.Text;

namespace AgentSandbox.Guest.Native;

/// <summary>Opens and reads files by plain system calls: no stream, no finalizer, no thread.</summary>
internal static unsafe class FileDescriptor
{
    /// <summary>Opens a path; -1 and <see cref="Libc.Errno"/> on failure.</summary>
    public static int Open(string path, int flags)
    {
        int size = Encoding.UTF8.GetByteCount(path) + 1;
        byte[] bytes = new byte[size];
        Encoding.UTF8.GetBytes(path, bytes);
        fixed (byte* p = bytes)
        {
            return Libc.Open(p, flags | Os.O_CLOEXEC, 0);
        }
    }

    /// <summary>Closes and forgets a descriptor; -1 is no descriptor.</summary>
    public static void Close(ref int descriptor)
    {
        if (descriptor >= 0)
        {
            // close(2) releases the number even when it reports an error; there is nothing to repeat.
            _ = Libc.Close(descriptor);
            descriptor = -1;
        }
    }

    /// <summary>
    /// Reads a regular file of the sandbox. What is no regular file (a FIFO in the place of /etc/passwd would block the guest), can't be
    /// opened or is larger than the limit counts as absent.
    /// </summary>
    /// <param name="path">Absolute path.</param>
    /// <param name="limit">Largest size that is accepted, in bytes.</param>
    /// <returns>The content, or null.</returns>
    public static byte[]? ReadRegularFile(string path, int limit)
    {
        int fd = Open(path, Os.O_RDONLY | Os.O_NONBLOCK);
        if (fd < 0)
        {
            return null;
        }

        try
        {
            byte* stat = stackalloc byte[256];
            byte empty = 0;
            // stx_mode is at 28 and stx_size at 40, statx(2).
            if (Libc.Statx(fd, &empty, Os.AT_EMPTY_PATH, Os.STATX_TYPE | 0x200, stat) != 0
                || (*(ushort*)(stat + 28) & Os.S_IFMT) != Os.S_IFREG
                || *(ulong*)(stat + 40) > (ulong)limit)
            {
                return null;
            }

            byte[] content = new byte[(int)*(ulong*)(stat + 40)];
            int filled = 0;
            fixed (byte* p = content)
            {
                while (filled < content.Length)
                {
                    nint n = Libc.Read(fd, p + filled, content.Length - filled);
                    if (n <= 0)
                    {
                        break;
                    }

                    filled += (int)n;
                }
            }

            return filled == content.Length ? content : content[..filled];
        }
        finally
        {
            Close(ref fd);
        }
    }
}
