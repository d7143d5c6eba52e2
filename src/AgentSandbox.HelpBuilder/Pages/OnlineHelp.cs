using System.Text.RegularExpressions;

namespace AgentSandbox.HelpBuilder.Pages;

/// <summary>
/// Where <c>Get-Help -Online</c> finds the pages: in docs/cmdlets of the repository that the manifest's ProjectUri names. A manifest without one belongs to a project that is published nowhere
/// yet; then no page has an address, for a wrong one would be worse than none.
/// </summary>
internal static partial class OnlineHelp
{
    /// <summary>Reads a manifest.</summary>
    /// <param name="manifest">Its text.</param>
    /// <returns>The address of the folder of the pages, with a / at its end; null when the manifest says none.</returns>
    public static string? FolderOf(string manifest) =>
        ProjectUri().Match(manifest) is { Success: true } match ? $"{match.Groups[1].Value.TrimEnd('/')}/blob/main/docs/cmdlets/" : null;

    [GeneratedRegex(@"^\s*ProjectUri\s*=\s*'([^']+)'", RegexOptions.Multiline)]
    private static partial Regex ProjectUri();
}
