namespace AgentSandbox.Backends.Wsl.Cli;

/// <summary>What WSL is doing with a distribution.</summary>
internal enum WslDistributionState
{
    /// <summary>A word that this product does not know.</summary>
    Unknown = 0,

    /// <summary>Nothing of it runs; the next command starts it.</summary>
    Stopped,

    /// <summary>It runs.</summary>
    Running,

    /// <summary>It is being imported.</summary>
    Installing,

    /// <summary>It is being unregistered.</summary>
    Uninstalling,

    /// <summary>It is being turned from version 1 to 2, or back.</summary>
    Converting,

    /// <summary>Its disk is being read into an archive; nothing can run in it meanwhile.</summary>
    Exporting,
}

/// <summary>A line of <c>wsl --list --verbose</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="State">What it is doing.</param>
/// <param name="Version">1 or 2.</param>
/// <param name="IsDefault">The one that <c>wsl</c> alone starts.</param>
internal sealed record WslDistribution(string Name, WslDistributionState State, int Version, bool IsDefault)
{
    /// <summary>Longest name that is used.</summary>
    public const int MaxNameLength = 64;

    /// <summary>
    /// Tells whether a name can be handed to <c>wsl.exe</c>: it splits the values of <c>-d</c> and <c>-u</c> at white space and never takes quotes off, and it
    /// takes what begins with a dash for an option.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <returns>True when it can.</returns>
    public static bool IsValidName(string? name) =>
        name is { Length: > 0 and <= MaxNameLength } && char.IsAsciiLetterOrDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    /// <summary>
    /// Reads the answer of <c>--list --verbose</c>: a heading, which older versions translate, then for each distribution a mark (<c>*</c> or a space), its name
    /// padded to the longest one, its state, and its version.
    /// </summary>
    /// <param name="text">The answer.</param>
    /// <returns>The distributions. A line that is none is left out: it is a warning, or of a version to come.</returns>
    public static IReadOnlyList<WslDistribution> ParseList(string text)
    {
        var found = new List<WslDistribution>();
        foreach (string line in text.Split('\n').Skip(1))
        {
            bool isDefault = line.StartsWith('*');
            string[] words = (isDefault ? line[1..] : line).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length >= 3 && words[^1] is "1" or "2" && IsValidName(words[0]))
            {
                found.Add(new WslDistribution(words[0], words.Length == 3 ? ParseState(words[1]) : WslDistributionState.Unknown, words[^1][0] - '0', isDefault));
            }
        }

        return found;
    }

    private static WslDistributionState ParseState(string word) => word switch
    {
        nameof(WslDistributionState.Stopped) => WslDistributionState.Stopped,
        nameof(WslDistributionState.Running) => WslDistributionState.Running,
        nameof(WslDistributionState.Installing) => WslDistributionState.Installing,
        nameof(WslDistributionState.Uninstalling) => WslDistributionState.Uninstalling,
        nameof(WslDistributionState.Converting) => WslDistributionState.Converting,
        nameof(WslDistributionState.Exporting) => WslDistributionState.Exporting,
        _ => WslDistributionState.Unknown,
    };
}
