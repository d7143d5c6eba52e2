using System.Globalization;
using AgentSandbox.Backends.Docker.Windows;

namespace AgentSandbox.Backends.WindowsSandbox.Configuration;

/// <summary>The rules that each configuration keeps, whoever made it; checked again on what was written, just before an instance is started from it.</summary>
internal static class ConfigurationRules
{
    /// <summary>Less is raised to this by Windows without a word.</summary>
    public const int LowestMemory = 2048;

    /// <summary>More is no machine's.</summary>
    public const int HighestMemory = 1 << 20;

    /// <summary>Our own folder in each instance.</summary>
    public const string OwnFolder = @"C:\agentsandbox";

    /// <summary>Longest configuration: as an argument it shares Windows' 32767 characters with the rest of the command line.</summary>
    public const int MaxLength = 24 * 1024;

    private static readonly string[] s_systemFolders = [@"C:\Windows", @"C:\Program Files", @"C:\Program Files (x86)", @"C:\ProgramData"];

    /// <summary>Finds what a configuration breaks.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="host">The host's file system.</param>
    /// <returns>Sentences; none when it keeps all.</returns>
    public static IEnumerable<string> Problems(SandboxConfiguration configuration, IHostFolders host)
    {
        if (configuration.MemoryInMB is < LowestMemory or > HighestMemory)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"{configuration.MemoryInMB} MB of memory are not between {LowestMemory} and {HighestMemory}.");
        }

        foreach (MappedFolder folder in configuration.Folders)
        {
            if (HostProblem(folder.HostFolder, host) is { } wrong)
            {
                yield return wrong;
            }

            if (!IsOwn(folder.SandboxFolder) && SandboxProblem(folder.SandboxFolder) is { } problem)
            {
                yield return problem;
            }
        }

        foreach ((string first, string second) in Nested(configuration.Folders.Select(f => f.HostFolder), host.IsWindows).Concat(Nested(configuration.Folders.Select(f => f.SandboxFolder), windows: true)))
        {
            yield return $"'{first}' and '{second}' are the same, or one is in the other.";
        }

        if (configuration.Folders.FirstOrDefault(f => IsOwn(f.SandboxFolder) && f.ReadOnly == f.SandboxFolder.EndsWith(@"\up", StringComparison.OrdinalIgnoreCase)) is { } own)
        {
            yield return $"'{own.SandboxFolder}' is {(own.ReadOnly ? "read-only" : "writable")}.";
        }
    }

    /// <summary>Finds what keeps a folder of the host from being mapped.</summary>
    /// <param name="path">The path.</param>
    /// <param name="host">The host's file system.</param>
    /// <returns>A sentence, or null.</returns>
    public static string? HostProblem(string path, IHostFolders host)
    {
        if (TextProblem(path) is { } text)
        {
            return text;
        }

        if (host.IsWindows ? !IsWindowsPath(path) : !SpecificationValidator.IsCleanPath(path))
        {
            return host.IsWindows && path is ['\\' or '/', '\\' or '/', ..]
                ? $"'{path}' is a network, device or \\\\?\\ path, which can't be mapped."
                : $"'{path}' is no absolute path of a folder.";
        }

        return host.Look(path) switch
        {
            HostPathKind.Folder => null,
            HostPathKind.File => $"'{path}' is a file; only folders can be mapped.",
            HostPathKind.Link => $"'{path}' leads through a link, and it could lead elsewhere by the time it is mapped.",
            _ => $"'{path}' does not exist.",
        };
    }

    /// <summary>Finds what keeps a path in an instance from being a mapped folder's.</summary>
    /// <param name="path">The path.</param>
    /// <returns>A sentence, or null.</returns>
    public static string? SandboxProblem(string path)
    {
        if (TextProblem(path) is { } text)
        {
            return text;
        }

        if (!IsWindowsPath(path) || WindowsPath.IsRoot(path))
        {
            return $"'{path}' is no absolute path of a folder in Windows.";
        }

        if (char.ToUpperInvariant(path[0]) != 'C')
        {
            return $"'{path}' is on a drive that the sandbox does not have; it has C: only.";
        }

        return Contains(OwnFolder, path, windows: true)
            ? $"'{path}' is the place of this product's own folders."
            : s_systemFolders.Any(f => Contains(f, path, windows: true) || Contains(path, f, windows: true)) ? $"'{path}' is a folder of the sandbox's system." : null;
    }

    /// <summary>Tells whether a folder is another one, or is above it.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="path">The other.</param>
    /// <param name="windows">Paths are Windows', without regard to case.</param>
    public static bool Contains(string folder, string path, bool windows)
    {
        char separator = windows ? '\\' : '/';
        string a = Normal(folder, windows).TrimEnd(separator) + separator, b = Normal(path, windows).TrimEnd(separator) + separator;
        return b.StartsWith(a, windows ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal);
    }

    /// <summary>Finds pairs of folders of which one is, or is in, the other; Windows Sandbox does not say what it makes of those.</summary>
    /// <param name="paths">The folders.</param>
    /// <param name="windows">As above.</param>
    public static IEnumerable<(string First, string Second)> Nested(IEnumerable<string> paths, bool windows)
    {
        string[] all = [.. paths];
        for (int i = 0; i < all.Length; i++)
        {
            for (int j = i + 1; j < all.Length; j++)
            {
                if (Contains(all[i], all[j], windows) || Contains(all[j], all[i], windows))
                {
                    yield return (all[i], all[j]);
                }
            }
        }
    }

    private static bool IsOwn(string path) => path is OwnFolder + @"\program" or OwnFolder + @"\down" or OwnFolder + @"\up";

    private static string Normal(string path, bool windows) => windows && WindowsPath.IsClean(path) ? WindowsPath.Normal(path) : path;

    /// <summary>Windows 11 replaces %NAME% in paths, older versions don't: a path that has any is refused rather than read in one of two ways.</summary>
    private static string? TextProblem(string path) =>
        path.Contains('%', StringComparison.Ordinal) ? $"'{path}' has a '%' in it, which Windows Sandbox may take for a variable."
        : path.Any(c => char.IsControl(c) || char.IsSurrogate(c) && !IsPaired(path)) ? "A path has characters that can't be passed on."
        : null;

    private static bool IsPaired(string path)
    {
        for (int i = 0; i < path.Length; i++)
        {
            if (char.IsSurrogate(path[i]) && !(i + 1 < path.Length && char.IsSurrogatePair(path[i], path[++i])))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsWindowsPath(string path) =>
        path.Length < 260 && WindowsPath.IsClean(path) && !path[2..].Split('\\', '/').Any(WindowsNames.IsReserved);
}
