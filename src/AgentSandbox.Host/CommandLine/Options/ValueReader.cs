using System.Globalization;

namespace AgentSandbox.Host.CommandLine.Options;

/// <summary>Reads the values of options and collects what is wrong with them, so that a user sees all of it at once. Null in, null out.</summary>
internal sealed class ValueReader
{
    private readonly List<SpecificationProblem> _problems = [];

    /// <summary>Notes a problem.</summary>
    /// <param name="errorId">Its id.</param>
    /// <param name="option">The option that it is about.</param>
    /// <param name="message">What is wrong.</param>
    /// <param name="recommendedAction">What to write instead.</param>
    public void Report(string errorId, string option, string message, string recommendedAction) => _problems.Add(new(errorId, option, message, recommendedAction));

    /// <summary>Reads a size such as <c>512MB</c>.</summary>
    /// <param name="option">The option.</param>
    /// <param name="text">Its value.</param>
    /// <returns>Bytes.</returns>
    public long? Size(string option, string? text)
    {
        if (text is null)
        {
            return null;
        }

        if (ByteSize.TryParse(text, out long bytes))
        {
            return bytes;
        }

        Report(SandboxErrorId.InvalidLimit, option, $"{option}: '{text}' is no size.", "Write bytes, or a number with KB, MB, GB or TB, such as 512MB; 0 is unlimited.");
        return null;
    }

    /// <summary>Reads a number of CPUs.</summary>
    /// <param name="option">The option.</param>
    /// <param name="text">Its value.</param>
    /// <returns>CPUs.</returns>
    public double? Cpu(string option, string? text)
    {
        if (text is null)
        {
            return null;
        }

        // No exponents, no signs, no 'NaN': AllowDecimalPoint alone admits digits and one point.
        if (double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double cpus) && double.IsFinite(cpus))
        {
            return cpus;
        }

        Report(SandboxErrorId.InvalidLimit, option, $"{option}: '{text}' is no number of CPUs.", "Write a number such as 0.5 or 2; 0 is unlimited.");
        return null;
    }

    /// <summary>Reads a whole number that is not negative.</summary>
    /// <param name="option">The option.</param>
    /// <param name="text">Its value.</param>
    /// <returns>The number.</returns>
    public int? Count(string option, string? text)
    {
        if (text is null)
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count))
        {
            return count;
        }

        Report(SandboxErrorId.InvalidLimit, option, $"{option}: '{text}' is no count.", "Write a whole number such as 256; 0 is unlimited.");
        return null;
    }

    /// <summary>Reads a time span such as <c>10</c> (seconds), <c>500ms</c>, <c>2m</c>, <c>1h30m</c> or <c>01:30:00</c>.</summary>
    /// <param name="option">The option.</param>
    /// <param name="text">Its value.</param>
    /// <returns>The time span, greater than zero.</returns>
    public TimeSpan? Duration(string option, string? text)
    {
        if (text is null)
        {
            return null;
        }

        if (DurationText.TryParse(text, out TimeSpan duration) && duration > TimeSpan.Zero)
        {
            return duration;
        }

        Report(SandboxErrorId.InvalidLimit, option, $"{option}: '{text}' is no length of time.", "Write seconds, or a number with ms, s, m, h or d, such as 90s or 1h30m; leave the option out for no limit.");
        return null;
    }

    /// <summary>Reads a network mode.</summary>
    /// <param name="option">The option.</param>
    /// <param name="text">Its value.</param>
    /// <returns>The mode.</returns>
    public NetworkMode? Network(string option, string? text)
    {
        // By name only: Enum.TryParse would take '1' and '0,1' as well.
        switch (text?.ToUpperInvariant())
        {
            case null:
                return null;
            case "NONE":
                return NetworkMode.None;
            case "HOST":
                return NetworkMode.Host;
            default:
                Report(SandboxErrorId.InvalidSpecification, option, $"{option}: '{text}' is no network mode.", "Write none or host.");
                return null;
        }
    }

    /// <summary>Reads the names of what is allowed.</summary>
    /// <param name="option">The option.</param>
    /// <param name="texts">Its values.</param>
    /// <returns>The allowances.</returns>
    public IReadOnlyList<SandboxAllowance> Allowances(string option, IReadOnlyList<string> texts)
    {
        var allowances = new List<SandboxAllowance>(texts.Count);
        foreach (string text in texts)
        {
            if (AllowanceName.TryParse(text, out SandboxAllowance allowance))
            {
                allowances.Add(allowance);
            }
            else
            {
                Report(SandboxErrorId.InvalidSpecification, option, $"{option}: {AllowanceName.Problem(text)}", AllowanceName.Advice(text));
            }
        }

        return allowances;
    }

    /// <summary>Reads mounts.</summary>
    /// <param name="option">The option.</param>
    /// <param name="texts">Its values.</param>
    /// <returns>The mounts.</returns>
    public IReadOnlyList<SandboxMount> Mounts(string option, IReadOnlyList<string> texts)
    {
        var mounts = new List<SandboxMount>(texts.Count);
        foreach (string text in texts)
        {
            try
            {
                mounts.Add(SandboxMount.Parse(text));
            }
            catch (SandboxException exception)
            {
                Report(exception.ErrorId, option, $"{option}: {exception.Message}", exception.RecommendedAction);
            }
        }

        return mounts;
    }

    /// <summary>Reads variables.</summary>
    /// <param name="option">The option.</param>
    /// <param name="texts">Its values, <c>KEY=VALUE</c> each; the last of a key counts.</param>
    /// <returns>The variables.</returns>
    public IReadOnlyDictionary<string, string> Environment(string option, IReadOnlyList<string> texts)
    {
        var variables = new Dictionary<string, string>(texts.Count, StringComparer.Ordinal);
        foreach (string text in texts)
        {
            int at = text.IndexOf('=', StringComparison.Ordinal);
            if (at > 0)
            {
                variables[text[..at]] = text[(at + 1)..];
            }
            else
            {
                Report(SandboxErrorId.InvalidEnvironment, option, $"{option}: '{text}' is no KEY=VALUE.", "Write the value too: variables of this process are never passed on by themselves.");
            }
        }

        return variables;
    }

    /// <summary>Ends with all problems that were noted.</summary>
    /// <exception cref="SandboxException">There were some.</exception>
    public void ThrowIfAny()
    {
        if (_problems.Count > 0)
        {
            throw new SandboxException(_problems[0].ErrorId, _problems[0].Message, _problems[0].RecommendedAction, _problems[0].Parameter) { Problems = [.. _problems] };
        }
    }
}
