using System.Globalization;

namespace AgentSandbox.WindowsGuest.Serve;

/// <summary>The arguments of <c>serve</c>.</summary>
/// <param name="Down">The folder that the host writes to.</param>
/// <param name="Up">The folder that the guest writes to.</param>
/// <param name="Expires">When the guest ends, with all that it started; null for never.</param>
internal sealed record ServeOptions(string Down, string Up, DateTimeOffset? Expires)
{
    /// <summary>Reads the arguments.</summary>
    /// <param name="args">What follows the verb.</param>
    /// <returns>The options.</returns>
    /// <exception cref="FormatException">They are wrong; says how.</exception>
    public static ServeOptions Parse(string[] args)
    {
        string? down = null;
        string? up = null;
        DateTimeOffset? expires = null;
        for (int i = 0; i < args.Length; i += 2)
        {
            string value = i + 1 < args.Length ? args[i + 1] : throw new FormatException($"'{args[i]}' has no value.");
            switch (args[i])
            {
                case "--down" when down is null:
                    down = value;
                    break;
                case "--up" when up is null:
                    up = value;
                    break;
                case "--expires" when expires is null:
                    expires = DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
                        ? time
                        : throw new FormatException($"'{value}' is no time.");
                    break;
                default:
                    throw new FormatException($"'{args[i]}' is unknown or given twice.");
            }
        }

        return down is not null && up is not null
            ? new ServeOptions(down, up, expires)
            : throw new FormatException("usage: agentsandbox-guest serve --down FOLDER --up FOLDER [--expires TIME]");
    }
}
