using System.Globalization;

namespace AgentSandbox.Host.CommandLine.Output;

/// <summary>Values as people read them in a table.</summary>
internal static class HumanText
{
    /// <summary>A length of time, two units at most: <c>3d 4h</c>, <c>12s</c>.</summary>
    /// <param name="span">The length.</param>
    /// <returns>The text.</returns>
    public static string Span(TimeSpan span) => span switch
    {
        { Ticks: < 0 } => "0s",
        { TotalDays: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{span.Days}d {span.Hours}h"),
        { TotalHours: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{span.Hours}h {span.Minutes}m"),
        { TotalMinutes: >= 1 } => string.Create(CultureInfo.InvariantCulture, $"{span.Minutes}m {span.Seconds}s"),
        { TotalSeconds: >= 10 } => string.Create(CultureInfo.InvariantCulture, $"{span.Seconds}s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.0#}s"),
    };

    /// <summary>A size, or nothing.</summary>
    /// <param name="bytes">Bytes.</param>
    /// <returns>The text, null for null.</returns>
    public static string? Size(long? bytes) => bytes is { } value ? ByteSize.Format(value) : null;
}
