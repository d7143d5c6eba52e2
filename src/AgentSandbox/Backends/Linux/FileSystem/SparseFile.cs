using AgentSandbox.Backends.Linux.Native;

namespace AgentSandbox.Backends.Linux.FileSystem;

/// <summary>Copies a file without filling its holes.</summary>
internal static unsafe class SparseFile
{
    private const nuint FICLONE = 0x40049409;
    private const int SEEK_DATA = 3;
    private const int SEEK_HOLE = 4;

    /// <summary>Bytes between two looks at whether to go on.</summary>
    private const long Step = 16L << 20;

    /// <summary>Copies; shares blocks where the file system can, else copies only what is data.</summary>
    /// <param name="source">An existing file.</param>
    /// <param name="destination">Must not exist.</param>
    /// <param name="beforeData">Given the bytes of data, when blocks can't be shared and before the first is copied.</param>
    /// <param name="progress">Told how many bytes of how many are copied.</param>
    /// <param name="cancellationToken">Ends the copy.</param>
    /// <exception cref="LinuxException">The copy failed; nothing is left of it.</exception>
    public static void Copy(string source, string destination, Action<long>? beforeData = null, Action<long, long>? progress = null, CancellationToken cancellationToken = default)
    {
        using FileDescriptor from = FileDescriptor.Open(source, Libc.O_RDONLY);
        using FileDescriptor to = FileDescriptor.Open(destination, Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL, 0x180);
        try
        {
            if (Libc.Ioctl(to.Value, FICLONE, (void*)from.Value) != 0)
            {
                long length = new FileInfo(source).Length;
                List<(long Start, long End)> extents = Extents(from.Value, length);
                beforeData?.Invoke(extents.Sum(e => e.End - e.Start));
                using (var stream = new FileStream(destination, FileMode.Open, FileAccess.Write))
                {
                    stream.SetLength(length);
                }

                CopyData(from.Value, to.Value, extents, destination, progress, cancellationToken);
            }
        }
        catch
        {
            File.Delete(destination);
            throw;
        }
    }

    /// <summary>Where a file has data. The file must not change meanwhile.</summary>
    private static List<(long Start, long End)> Extents(int file, long length)
    {
        var extents = new List<(long, long)>();
        for (long position = 0; position < length;)
        {
            long data = Libc.LSeek(file, position, SEEK_DATA);
            if (data < 0)
            {
                int errno = Errno.Last;
                if (errno == Errno.ENXIO)
                {
                    break; // Only a hole is left.
                }

                throw Errno.Exception("seek data", errno);
            }

            position = Libc.LSeek(file, data, SEEK_HOLE);
            if (position < 0)
            {
                throw Errno.Exception("seek a hole", Errno.Last);
            }

            extents.Add((data, position));
        }

        return extents;
    }

    private static void CopyData(int from, int to, List<(long Start, long End)> extents, string destination, Action<long, long>? progress, CancellationToken cancellationToken)
    {
        long all = extents.Sum(e => e.End - e.Start), done = 0;
        foreach ((long start, long end) in extents)
        {
            long source = start, target = start;
            while (source < end)
            {
                cancellationToken.ThrowIfCancellationRequested();
                nint copied = Libc.CopyFileRange(from, &source, to, &target, (nuint)Math.Min(end - source, Step), 0);
                if (copied <= 0)
                {
                    throw Errno.Exception($"copy to {destination}", copied == 0 ? Errno.EINVAL : Errno.Last);
                }

                done += copied;
                progress?.Invoke(done, all);
            }
        }
    }
}
