using AgentSandbox.Copying.Files;

namespace AgentSandbox.Copying.Archive;

/// <summary>What was left out of a copy, and why; bounded, since a hostile archive can have a million reasons.</summary>
internal sealed class CopyNotes
{
    /// <summary>Lines kept; the rest is counted.</summary>
    public const int Max = 1000;

    private readonly List<string> _lines = [];
    private long _more;

    /// <summary>Adds a line.</summary>
    /// <param name="path">What was left out.</param>
    /// <param name="reason">Why.</param>
    public void Add(ReadOnlySpan<byte> path, string reason) => Add($"{DisplayText.Of(path)}: {reason}");

    /// <summary>Adds a line that is printable already.</summary>
    /// <param name="line">The line.</param>
    public void Add(string line)
    {
        if (_lines.Count < Max)
        {
            _lines.Add(line);
        }
        else
        {
            _more++;
        }
    }

    /// <summary>The lines, and how many more there were.</summary>
    /// <returns>A copy.</returns>
    public IReadOnlyList<string> ToList() => _more == 0 ? [.. _lines] : [.. _lines, $"… and {_more} more."];
}
