using AgentSandbox.Copying.Files;

namespace AgentSandbox.Copying.Archive;

/// <summary>What was left out of a copy, and why; bounded, since a hostile archive can have a million reasons.</summary>
/// <param name="ofItem">Paths begin with <see cref="ExtractPolicy.ItemName"/>, which means nothing to a person.</param>
internal sealed class CopyNotes(bool ofItem)
{
    /// <summary>Lines kept; the rest is counted.</summary>
    public const int Max = 1000;

    private readonly List<string> _lines = [];
    private long _more;

    /// <summary>Adds a line.</summary>
    /// <param name="path">What was left out.</param>
    /// <param name="reason">Why.</param>
    public void Add(ReadOnlySpan<byte> path, string reason) => Add($"{DisplayText.Of(ofItem ? WithoutItem(path) : path)}: {reason}");

    /// <summary>The path as a person knows it, relative to what is copied.</summary>
    /// <param name="path">The path in the archive.</param>
    /// <returns>The path; <c>.</c> for the copied item itself.</returns>
    public static ReadOnlySpan<byte> WithoutItem(ReadOnlySpan<byte> path)
    {
        ReadOnlySpan<byte> item = ExtractPolicy.ItemName[..^1];
        return !path.StartsWith(item) ? path : path.Length <= item.Length + 1 ? "."u8 : path[(item.Length + 1)..];
    }

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
