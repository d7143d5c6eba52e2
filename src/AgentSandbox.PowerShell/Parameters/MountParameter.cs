using System.Collections;
using System.Management.Automation;

namespace AgentSandbox.PowerShell.Parameters;

/// <summary>Reads <c>-Mount</c>: <c>source[:target][:ro|rw]</c> strings, <see cref="SandboxMount"/> objects, and hash tables of one.</summary>
internal static class MountParameter
{
    /// <summary>Reads the values.</summary>
    /// <param name="values">As bound; null is none.</param>
    /// <param name="session">Knows PowerShell's current location, which a relative source is relative to.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.InvalidMount"/>.</exception>
    public static IReadOnlyList<SandboxMount> Read(object[]? values, SessionState session) =>
        values is null ? [] : [.. values.Select(value => Read(value is PSObject wrapped ? wrapped.BaseObject : value, session))];

    private static SandboxMount Read(object? value, SessionState session)
    {
        string location = session.Path.CurrentFileSystemLocation.ProviderPath;
        switch (value)
        {
            case SandboxMount mount:
                return mount with { Source = Path.GetFullPath(ExpandHome(mount.Source ?? ""), location) };
            case IDictionary table:
                return Read(FromTable(table), session);
            case FileSystemInfo item:
                return new SandboxMount { Source = item.FullName, Target = item.FullName };
            default:
                return SandboxMount.Parse(ExpandHome(value?.ToString() ?? ""), location);
        }
    }

    private static SandboxMount FromTable(IDictionary table)
    {
        string? source = null;
        string? target = null;
        bool readOnly = true;
        foreach (DictionaryEntry entry in table)
        {
            switch (entry.Key.ToString()?.ToUpperInvariant())
            {
                case "SOURCE":
                    source = entry.Value?.ToString();
                    break;
                case "TARGET":
                    target = entry.Value?.ToString();
                    break;
                case "READONLY" when entry.Value is bool value:
                    readOnly = value;
                    break;
                default:
                    throw Invalid($"'{entry.Key}' = '{entry.Value}' is no part of a mount.", table);
            }
        }

        return string.IsNullOrEmpty(source)
            ? throw Invalid("The mount has no Source.", table)
            : new SandboxMount { Source = source, Target = target ?? source, ReadOnly = readOnly };
    }

    private static SandboxException Invalid(string message, object target) =>
        new(SandboxErrorId.InvalidMount, message, "Write @{ Source = 'path on the host'; Target = 'path in the sandbox'; ReadOnly = $true }.", target);

    private static string ExpandHome(string path) => path is "~" || path.StartsWith("~/", StringComparison.Ordinal) || (OperatingSystem.IsWindows() && path.StartsWith("~\\", StringComparison.Ordinal)) || path.StartsWith("~:", StringComparison.Ordinal)
        ? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + path[1..]
        : path;
}
