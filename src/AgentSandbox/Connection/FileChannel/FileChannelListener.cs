using AgentSandbox.Protocol.FileChannel;

namespace AgentSandbox.Connection.FileChannel;

/// <summary>The guest's end: polls the host's folder for new channels. Not thread-safe.</summary>
/// <param name="down">The folder that the host writes to.</param>
/// <param name="up">The folder that this end writes to.</param>
/// <param name="mostChannels">Channels that may be open at once; the host waits for the others.</param>
/// <param name="clock">Time.</param>
internal sealed class FileChannelListener(string down, string up, int mostChannels, ChannelClock clock)
{
    private const int PollInterval = 25;

    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private readonly List<FileChannelStream> _open = [];

    /// <summary>Waits for the next channel.</summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The channel, which belongs to the caller.</returns>
    /// <exception cref="IOException">A folder can't be read or made.</exception>
    public async Task<FileChannelStream> AcceptAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _open.RemoveAll(static s => s.Completion.IsCompleted);
            if (_open.Count < mostChannels && TryAccept() is { } stream)
            {
                _open.Add(stream);
                return stream;
            }

            await clock.DelayAsync(PollInterval).ConfigureAwait(false);
        }
    }

    private FileChannelStream? TryAccept()
    {
        var present = new HashSet<string>(StringComparer.Ordinal);
        foreach (string folder in Directory.EnumerateDirectories(down))
        {
            present.Add(Path.GetFileName(folder));
        }

        _known.IntersectWith(present); // Those that are gone can't come back: ids are random.
        foreach (string id in present)
        {
            // A folder of the same name in `up` is what an earlier guest left: that channel died with it.
            if (SegmentName.IsId(id) && _known.Add(id) && FileChannelFolder.TryCreate(up, id) is { } own)
            {
                return new FileChannelStream(own, () => TryOpenFolder(down, id), new FileChannelOptions { Clock = clock });
            }
        }

        return null;
    }

    private static IncomingFolder? TryOpenFolder(string down, string id) => Path.DirectorySeparatorChar == '\\'
        ? WindowsIncomingFolder.TryOpenFolder(down, id)
        : PlainIncomingFolder.TryOpenFolder(down, id);
}
