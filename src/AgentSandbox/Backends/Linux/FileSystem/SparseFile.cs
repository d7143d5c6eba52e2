using AgentSandbox.Backends.Linux.Native;

namespace AgentSandbox.Backends.Linux.FileSystem;

/// <summary>Copies a file without filling its holes.</summary>
internal static unsafe class SparseFile
{
    private const nuint FICLONE = 0x40049409;
    private const int SEEK_DATA = 3;
    private const int SEEK_HOLE = 4;

    /// <summary>Copies; shares blocks where the file system can, else copies only what is data.</summary>
    /// <param name="source">An existing file.</param>
    /// <param name="destination">Must not exist.</param>
    /// <exception cref="LinuxException">The copy failed; nothing is left of it.</exception>
    public static void Copy(string source, string destination)
    {
        using FileDescriptor from = FileDescriptor.Open(source, Libc.O_RDONLY);
        using FileDescriptor to = FileDescriptor.Open(destination, Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL, 0x180);
        try
        {
            if (Libc.Ioctl(to.Value, FICLONE, (void*)from.Value) != 0)
            {
                CopyData(from.Value, to.Value, new FileInfo(source).Length, destination);
            }
        }
        catch
        {
            File.Delete(destination);
            throw;
        }
    }

    private static void CopyData(int from, int to, long length, string destination)
    {
        using (var stream = new FileStream(destination, FileMode.Open, FileAccess.Write))
        {
            stream.SetLength(length);
        }

        for (long position = 0; position < length;)
        {
            long data = Libc.LSeek(from, position, SEEK_DATA);
            if (data < 0)
            {
                int errno = Errno.Last;
                if (errno == Errno.ENXIO)
                {
                    return; // Only a hole is left.
                }

                throw Errno.Exception("seek data", errno);
            }

            long hole = Libc.LSeek(from, data, SEEK_HOLE);
            long source = data, target = data;
            while (source < hole)
            {
                nint copied = Libc.CopyFileRange(from, &source, to, &target, (nuint)(hole - source), 0);
                if (copied <= 0)
                {
                    throw Errno.Exception($"copy to {destination}", copied == 0 ? Errno.EINVAL : Errno.Last);
                }
            }

            position = hole;
        }
    }
}
