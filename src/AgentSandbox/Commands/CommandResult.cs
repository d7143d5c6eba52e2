namespace AgentSandbox;

/// <summary>How a command ended.</summary>
public record CommandExit
{
    /// <summary>Exit code; 128+n when signal n ended it, 124 when it ran into its time-out, as a shell and timeout(1) have them.</summary>
    public required int ExitCode { get; init; }

    /// <summary>Number of the signal that ended it; null when it exited by itself.</summary>
    public int? Signal { get; init; }

    /// <summary>It ran into its time-out and was ended.</summary>
    public bool TimedOut { get; init; }

    /// <summary>Output is missing: a process left behind kept writing, or more came than may be captured.</summary>
    public bool Truncated { get; init; }

    /// <summary>Time from the request to the end.</summary>
    public required TimeSpan Duration { get; init; }
}

/// <summary>How a command ended, and what it wrote.</summary>
public sealed record CommandResult : CommandExit
{
    /// <summary>Bytes on standard output, at most <see cref="MaxCapture"/>.</summary>
    public required byte[] StandardOutputBytes { get; init; }

    /// <summary>Bytes on standard error, at most <see cref="MaxCapture"/>.</summary>
    public required byte[] StandardErrorBytes { get; init; }

    /// <summary>Standard output as UTF-8; bytes that are none become U+FFFD.</summary>
    public string StandardOutput => System.Text.Encoding.UTF8.GetString(StandardOutputBytes);

    /// <summary>Standard error as UTF-8; bytes that are none become U+FFFD.</summary>
    public string StandardError => System.Text.Encoding.UTF8.GetString(StandardErrorBytes);

    /// <summary>Bytes of one stream that are kept in memory; what comes after is read, dropped and reported as <see cref="CommandExit.Truncated"/>.</summary>
    public const int MaxCapture = 64 * 1024 * 1024;
}
