using System.Buffers.Binary;
using AgentSandbox.Processes;

namespace AgentSandbox;

/// <summary>A piece of what a background process wrote.</summary>
/// <param name="IsError">It wrote it on standard error.</param>
/// <param name="Data">The bytes.</param>
public sealed record ProcessOutput(bool IsError, byte[] Data);

/// <summary>
/// Reads what is kept of a background process's output, from its oldest byte on, while the process may still write. The end is the end for now: more may come.
/// </summary>
public sealed class ProcessOutputReader
{
    private readonly string _folder = "";
    private readonly Func<long, OutputPart>? _elsewhere;
    private readonly Queue<ProcessOutput> _fetched = new();
    private long _position;

    internal ProcessOutputReader(string folder, long position = 0)
    {
        _folder = folder;
        _position = position;
    }

    internal ProcessOutputReader(Func<long, OutputPart> elsewhere) => _elsewhere = elsewhere;

    /// <summary>Where the next piece begins.</summary>
    internal long Position => _position;

    /// <summary>Bytes that had been dropped before they were read: more came than is kept.</summary>
    public long Dropped { get; private set; }

    /// <summary>Reads what is there.</summary>
    /// <returns>The pieces, in the order in which they were written.</returns>
    /// <exception cref="SandboxException">It can't be read.</exception>
    public IEnumerable<ProcessOutput> Read() => _elsewhere is null ? ReadHere() : ReadElsewhere(_elsewhere);

    private IEnumerable<ProcessOutput> ReadElsewhere(Func<long, OutputPart> read)
    {
        while (true)
        {
            while (_fetched.TryDequeue(out ProcessOutput? piece))
            {
                yield return piece;
            }

            OutputPart part = read(_position);
            if (part.Position == _position)
            {
                yield break;
            }

            Dropped += part.Dropped;
            _position = part.Position;
            foreach (ProcessOutput piece in part.Pieces)
            {
                _fetched.Enqueue(piece); // Kept, should nobody read on from here.
            }
        }
    }

    private IEnumerable<ProcessOutput> ReadHere()
    {
        while (OpenAtPosition() is { } opened)
        {
            using FileStream file = opened.File;
            file.Position = _position - opened.Start;
            while (TryReadRecord(file) is { } output)
            {
                yield return output;
            }

            // A file with another after it is complete; the last one may grow.
            if (!OutputSpool.Files(_folder).Any(next => next.Start == _position && next.Start > opened.Start))
            {
                yield break;
            }
        }
    }

    /// <summary>Opens the file that has the position in it; when that is gone, the position moves to the oldest that is there.</summary>
    private (FileStream File, long Start)? OpenAtPosition()
    {
        while (true)
        {
            IReadOnlyList<(long Start, string File)> files = OutputSpool.Files(_folder);
            if (files.Count == 0)
            {
                return null;
            }

            if (files[0].Start > _position)
            {
                Dropped += files[0].Start - _position;
                _position = files[0].Start;
            }

            (long start, string path) = files.Last(file => file.Start <= _position);
            try
            {
                return (new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete), start);
            }
            catch (FileNotFoundException)
            {
                // Dropped just now; the next look finds a later one.
            }
        }
    }

    private ProcessOutput? TryReadRecord(FileStream file)
    {
        Span<byte> header = stackalloc byte[OutputSpool.HeaderSize];
        if (file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) < header.Length)
        {
            return null;
        }

        int length = BinaryPrimitives.ReadInt32BigEndian(header[1..]);
        if (header[0] is not (1 or 2) || length is < 0 or > OutputSpool.MaxRecord)
        {
            throw new SandboxException(SandboxErrorId.StateFailed, $"The output file {file.Name} is damaged.", "Look at the disk; what the process writes from now on can't be read.", file.Name);
        }

        byte[] data = new byte[length];
        if (file.ReadAtLeast(data, length, throwOnEndOfStream: false) < length)
        {
            return null; // Still being written; the position stays before it.
        }

        _position += header.Length + length;
        return new ProcessOutput(header[0] == 2, data);
    }
}
