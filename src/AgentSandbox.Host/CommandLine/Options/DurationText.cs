using System.Globalization;

namespace AgentSandbox.Host.CommandLine.Options;

/// <summary>Lengths of time as people type them.</summary>
internal static class DurationText
{
    // Beyond this a length of time is a typing error, and arithmetic with dates would overflow.
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(36500);

    /// <summary>Reads <c>10</c> (seconds), <c>1.5s</c>, <c>500ms</c>, <c>2m</c>, <c>1h30m</c>, <c>7d</c> or <c>01:30:00</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="duration">The length of time.</param>
    /// <returns>False when the text is none, is negative, or is longer than a hundred years.</returns>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (text.Contains(':', StringComparison.Ordinal))
        {
            return TimeSpan.TryParseExact(text, ["h\\:mm\\:ss", "hh\\:mm\\:ss", "d\\.hh\\:mm\\:ss"], CultureInfo.InvariantCulture, out duration) && duration <= s_longest;
        }

        decimal ticks = 0;
        int parts = 0;
        for (int i = 0; i < text.Length; parts++)
        {
            int start = i;
            while (i < text.Length && (char.IsAsciiDigit(text[i]) || text[i] == '.'))
            {
                i++;
            }

            if (!decimal.TryParse(text.AsSpan(start, i - start), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number))
            {
                return false;
            }

            start = i;
            while (i < text.Length && char.IsAsciiLetter(text[i]))
            {
                i++;
            }

            long unit = Unit(text.AsSpan(start, i - start));

            // A number without a unit is seconds, but only alone: '1h30' could mean two things.
            if (unit == 0 || (i == start && (parts > 0 || i < text.Length)) || number > s_longest.Ticks)
            {
                return false;
            }

            ticks += number * unit;
            if (ticks > s_longest.Ticks)
            {
                return false;
            }
        }

        duration = TimeSpan.FromTicks((long)ticks);
        return parts > 0;
    }

    private static long Unit(ReadOnlySpan<char> unit) => unit switch
    {
        "ms" => TimeSpan.TicksPerMillisecond,
        "" or "s" => TimeSpan.TicksPerSecond,
        "m" or "min" => TimeSpan.TicksPerMinute,
        "h" => TimeSpan.TicksPerHour,
        "d" => TimeSpan.TicksPerDay,
        _ => 0,
    };
}
