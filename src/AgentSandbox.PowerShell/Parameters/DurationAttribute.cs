using System.Globalization;
using System.Management.Automation;
using System.Text.RegularExpressions;

namespace AgentSandbox.PowerShell.Parameters;

/// <summary>
/// Lets a time parameter take <c>90s</c>, <c>30m</c>, <c>1h30m</c>, <c>2d</c>, <c>00:30:00</c>, a number of seconds, or a TimeSpan.
/// PowerShell alone would read 60 as 60 ticks and '90' as 90 days.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed partial class DurationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return value switch
        {
            null => null!,
            TimeSpan => value,
            string text when TryParse(text, out TimeSpan duration) => duration,
            int or long or double or decimal or short or byte or float or uint or ulong => FromSeconds(Convert.ToDouble(value, CultureInfo.InvariantCulture)),
            _ => throw new ArgumentTransformationMetadataException($"'{value}' is no length of time. Write for example 90s, 30m, 1h30m, 2d, 00:30:00, a number of seconds, or a TimeSpan."),
        };
    }

    private static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        string trimmed = text.Trim();
        Match match = Pattern().Match(trimmed);
        if (match.Success && trimmed.Length > 0)
        {
            double seconds = (86400 * Part(match, 1)) + (3600 * Part(match, 2)) + (60 * Part(match, 3)) + Part(match, 4);
            return TryFromSeconds(seconds, out duration);
        }

        if (double.TryParse(trimmed, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
        {
            return TryFromSeconds(number, out duration);
        }

        return trimmed.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParse(trimmed, CultureInfo.InvariantCulture, out duration);
    }

    private static double Part(Match match, int group) =>
        match.Groups[group].Success ? double.Parse(match.Groups[group].ValueSpan, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) : 0;

    private static bool TryFromSeconds(double seconds, out TimeSpan duration)
    {
        bool fits = Math.Abs(seconds) < TimeSpan.MaxValue.TotalSeconds;
        duration = fits ? TimeSpan.FromSeconds(seconds) : default;
        return fits;
    }

    private static TimeSpan FromSeconds(double seconds) => TryFromSeconds(seconds, out TimeSpan duration)
        ? duration
        : throw new ArgumentTransformationMetadataException($"{seconds} seconds is more than a TimeSpan holds.");

    [GeneratedRegex(@"^(?:(\d+(?:\.\d+)?)d)?\s*(?:(\d+(?:\.\d+)?)h)?\s*(?:(\d+(?:\.\d+)?)m)?\s*(?:(\d+(?:\.\d+)?)s)?$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
