using System.Buffers.Binary;
using System.Globalization;

namespace AgentSandbox.Processes;

/// <summary>
/// Keeps the end of what a background process writes, both streams in the order in which they came: records of <c>u8 stream | u32 length | bytes</c> in files that are named by
/// the position at which they begin. When there is more than <see cref="Limit"/>, the oldest file goes: a process that nobody receives from runs on, and a disk is never filled.
/// </summary>
/// <param name="folder">Where the files are.</param>
/// <param name="segmentSize">Bytes after which a new file is begun.</param>
internal sealed class OutputSpool(string folder, int segmentSize = OutputSpool.SegmentSize) : IDisposable
{
    /// <summary>Bytes of one file.</summary>
    internal const int SegmentSize = 2 * 1024 * 1024;

    /// <summary>Files that are kept.</summary>
    internal const int Segments = 4;

    /// <summary>Bytes that are kept at most, but for the last record of a file; between this and three quarters of it when output was dropped.</summary>
    internal const int Limit = SegmentSize * Segments;

    /// <summary>Bytes before those of a record.</summary>
    internal const int HeaderSize = 5;

    /// <summary>Bytes of one record.</summary>
    internal const int MaxRecord = 64 * 1024;

    private const string Prefix = "output-";
    private readonly object _lock = new();
    private readonly Queue<string> _files = new();
    private FileStream? _file;
    private long _position;

    /// <summary>The files in a folder and where each begins, oldest first.</summary>
    /// <param name="folder">The folder.</param>
    public static IReadOnlyList<(long Start, string File)> Files(string folder)
    {
        try
        {
            return
            [
                .. Directory.EnumerateFiles(folder, Prefix + "*")
                    .Select(file => (long.Parse(Path.GetFileName(file).AsSpan(Prefix.Length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture), file)).Order(),
            ];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>Adds what a stream brought.</summary>
    /// <param name="isError">It is standard error's.</param>
    /// <param name="data">At most <see cref="MaxRecord"/> bytes.</param>
    /// <exception cref="IOException">The disk is full, or the folder is gone.</exception>
    public void Append(bool isError, ReadOnlySpan<byte> data)
    {
        byte[] record = new byte[HeaderSize + data.Length];
        record[0] = isError ? (byte)2 : (byte)1;
        BinaryPrimitives.WriteInt32BigEndian(record.AsSpan(1), data.Length);
        data.CopyTo(record.AsSpan(HeaderSize));
        lock (_lock)
        {
            if (_file is null || _file.Length >= segmentSize)
            {
                Begin();
            }

            long before = _file!.Length;
            try
            {
                _file.Write(record);
            }
            catch
            {
                // Half a record would make all that follows it unreadable.
                _file.SetLength(before);
                _file.Position = before;
                throw;
            }

            _position += record.Length;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    private void Begin()
    {
        _file?.Dispose();
        _file = null;
        while (_files.Count >= Segments)
        {
            File.Delete(_files.Dequeue());
        }

        string path = Path.Combine(folder, Prefix + _position.ToString("x16", CultureInfo.InvariantCulture));
        _file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read | FileShare.Delete, bufferSize: 0);
        _files.Enqueue(path);
    }
}
