using System.Management.Automation;

namespace AgentSandbox.PowerShell.Parameters;

/// <summary>Picks sandboxes by name, wildcards allowed, or by id. A name without wildcards that nothing has is an error; a pattern that nothing matches is not.</summary>
/// <param name="sandboxes">All there are.</param>
internal sealed class SandboxSelector(IReadOnlyList<Sandbox> sandboxes)
{
    /// <summary>The error for a name or id that no sandbox has.</summary>
    public static SandboxException NotFound(string nameOrId) =>
        new(SandboxErrorId.SandboxNotFound, $"There is no sandbox '{nameOrId}' on this machine.", "Get-AgentSandbox lists those that there are.", nameOrId);

    /// <summary>Picks by name; the exact text of an id is taken too.</summary>
    /// <param name="patterns">Names or patterns.</param>
    /// <param name="onMissing">Told each name that nothing has.</param>
    public List<Sandbox> ByName(IEnumerable<string> patterns, Action<string> onMissing) => Pick(
        patterns,
        onMissing,
        pattern =>
        {
            WildcardPattern wildcard = WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant);
            return sandbox => wildcard.IsMatch(sandbox.Name) || Same(sandbox.Id, pattern);
        });

    /// <summary>Picks by id.</summary>
    /// <param name="ids">Ids.</param>
    /// <param name="onMissing">Told each id that nothing has.</param>
    public List<Sandbox> ById(IEnumerable<string> ids, Action<string> onMissing) => Pick(ids, onMissing, id => sandbox => Same(sandbox.Id, id));

    private List<Sandbox> Pick(IEnumerable<string> keys, Action<string> onMissing, Func<string, Func<Sandbox, bool>> matcher)
    {
        List<Sandbox> result = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (string key in keys)
        {
            List<Sandbox> matches = [.. sandboxes.Where(matcher(key))];
            if (matches.Count == 0 && !WildcardPattern.ContainsWildcardCharacters(key))
            {
                onMissing(key);
            }

            result.AddRange(matches.Where(sandbox => seen.Add(sandbox.Id)));
        }

        return result;
    }

    private static bool Same(string left, string right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);
}
