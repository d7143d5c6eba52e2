using System.Management.Automation;
using System.Text.RegularExpressions;

namespace AgentSandbox.PowerShell.Parameters;

/// <summary>One end of a copy: a path of this machine, or <c>NAME:/path</c> for one in a sandbox, as with <c>docker cp</c>.</summary>
/// <param name="Sandbox">Name or id of the sandbox; null for this machine.</param>
/// <param name="Path">The path.</param>
internal sealed partial record CopyEnd(string? Sandbox, string Path)
{
    /// <summary>Reads it. A PowerShell drive (<c>Temp:/x</c>, <c>C:\x</c>) is this machine; so is anything with a slash before the colon.</summary>
    public static CopyEnd Read(string text, SessionState session)
    {
        Match match = Prefix().Match(text);
        return match.Success && !IsDrive(match.Groups[1].Value, session)
            ? new CopyEnd(match.Groups[1].Value, match.Groups[2].Value)
            : new CopyEnd(null, text);
    }

    private static bool IsDrive(string name, SessionState session) =>
        (OperatingSystem.IsWindows() && name.Length == 1) || session.Drive.GetAll().Any(drive => string.Equals(drive.Name, name, StringComparison.OrdinalIgnoreCase));

    [GeneratedRegex(@"^([A-Za-z0-9][A-Za-z0-9_.-]*):(.*)$", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Prefix();
}
