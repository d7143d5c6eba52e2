using AgentSandbox.Copying.Archive;
using AgentSandbox.Copying.Files;

namespace AgentSandbox.Copying;

/// <summary>Passes progress on a few times a second: a bar needs no more, and ten thousand small files must not wait for one.</summary>
internal sealed class ProgressThrottle(IProgress<CopyProgress>? progress)
{
    private const long IntervalMilliseconds = 100;

    private long _next;

    /// <summary>Reports, if it is time.</summary>
    /// <param name="entries">Entries done.</param>
    /// <param name="bytes">Bytes done.</param>
    /// <param name="total">Bytes in all.</param>
    /// <param name="path">Path in the archive; empty at the end, which is always reported.</param>
    public void Report(long entries, long bytes, long? total, ReadOnlySpan<byte> path)
    {
        long now = Environment.TickCount64;
        if (progress is null || (now < _next && !path.IsEmpty))
        {
            return;
        }

        _next = now + IntervalMilliseconds;
        progress.Report(new CopyProgress(entries, bytes, total, path.IsEmpty ? "" : DisplayText.Of(CopyNotes.WithoutItem(path))));
    }
}
