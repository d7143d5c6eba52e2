using AgentSandbox.Copying.Archive;
using AgentSandbox.Copying.Files;

namespace AgentSandbox.Copying;

/// <summary>What a copy verb said on standard error. A guest's words: bounded, cleaned, for people only.</summary>
/// <param name="Error">Why it ended early; null when it did not say.</param>
/// <param name="Notes">What it left out.</param>
internal sealed record GuestReport(string? Error, IReadOnlyList<string> Notes)
{
    private const int MaxBytes = 1024 * 1024;

    /// <summary>Reads a report to its end.</summary>
    /// <param name="stream">The verb's standard error.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The report.</returns>
    public static async Task<GuestReport> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        string text = System.Text.Encoding.UTF8.GetString(await ReadBoundedAsync(stream, MaxBytes, cancellationToken));
        string? error = null;
        CopyNotes notes = new(ofItem: false);
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith(CopyReport.Note, StringComparison.Ordinal))
            {
                notes.Add(DisplayText.Of(line[CopyReport.Note.Length..]));
            }
            else
            {
                // A line without a mark is a crash of the verb: say what it said.
                error ??= DisplayText.Of(line.StartsWith(CopyReport.Error, StringComparison.Ordinal) ? line[CopyReport.Error.Length..] : line);
            }
        }

        return new GuestReport(error, notes.ToList());
    }

    /// <summary>Reads a stream to its end and keeps its start.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="max">Bytes kept.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The start.</returns>
    public static async Task<byte[]> ReadBoundedAsync(Stream stream, int max, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[16 * 1024];
        MemoryStream kept = new();
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellationToken)) > 0)
        {
            kept.Write(buffer, 0, (int)Math.Min(read, max - kept.Length));
        }

        return kept.ToArray();
    }
}
