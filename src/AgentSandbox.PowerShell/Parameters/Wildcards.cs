using System.Management.Automation;

namespace AgentSandbox.PowerShell.Parameters;

/// <summary>Filters things that are not sandboxes by their name: images, backends, probes.</summary>
internal static class Wildcards
{
    /// <summary>Picks what any of the patterns matches, in the order of the items.</summary>
    /// <param name="items">All there are.</param>
    /// <param name="name">Name of an item.</param>
    /// <param name="patterns">Names or patterns; null takes everything.</param>
    /// <param name="onMissing">Told each name without wildcards that nothing has.</param>
    public static List<T> Pick<T>(IReadOnlyList<T> items, Func<T, string> name, string[]? patterns, Action<string> onMissing)
    {
        if (patterns is null || patterns.Length == 0)
        {
            return [.. items];
        }

        WildcardPattern[] compiled = [.. patterns.Select(pattern => WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant))];
        for (int i = 0; i < patterns.Length; i++)
        {
            if (!WildcardPattern.ContainsWildcardCharacters(patterns[i]) && !items.Any(item => compiled[i].IsMatch(name(item))))
            {
                onMissing(patterns[i]);
            }
        }

        return [.. items.Where(item => compiled.Any(pattern => pattern.IsMatch(name(item))))];
    }
}
