using System.Collections.ObjectModel;
using System.Management.Automation;
using AgentSandbox.PowerShell.Errors;

namespace AgentSandbox.PowerShell.Parameters;

/// <summary>Turns what a user writes for a path of this machine into an absolute one: relative to PowerShell's location, not the process's.</summary>
internal static class HostPath
{
    /// <summary>Takes the path as it is; it need not exist.</summary>
    /// <exception cref="SandboxException"><see cref="CmdletErrorId.PathNotFileSystem"/>.</exception>
    public static string Literal(SessionState session, string path)
    {
        // A trailing slash says "into this folder" (cp(1)); the provider would drop it.
        bool folder = path.EndsWith('/') || (OperatingSystem.IsWindows() && path.EndsWith('\\'));
        string result = session.Path.GetUnresolvedProviderPathFromPSPath(path, out ProviderInfo provider, out _);
        Check(provider, path);
        return folder && !Path.EndsInDirectorySeparator(result) ? result + Path.DirectorySeparatorChar : result;
    }

    /// <summary>Expands wildcards. A path without them is taken as it is.</summary>
    /// <exception cref="SandboxException">Nothing matches, or <see cref="CmdletErrorId.PathNotFileSystem"/>.</exception>
    public static IReadOnlyList<string> Expand(SessionState session, string path)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(path))
        {
            return [Literal(session, path)];
        }

        Collection<string> found;
        try
        {
            found = session.Path.GetResolvedProviderPathFromPSPath(path, out ProviderInfo provider);
            Check(provider, path);
        }
        catch (ItemNotFoundException)
        {
            found = [];
        }

        return found.Count > 0
            ? found
            : throw new SandboxException(SandboxErrorId.CopyPathNotFound, $"Nothing matches '{path}'.", "Check the pattern, or use -LiteralPath for a name with brackets in it.", path);
    }

    private static void Check(ProviderInfo provider, string path)
    {
        if (!string.Equals(provider.Name, "FileSystem", StringComparison.Ordinal))
        {
            throw new SandboxException(CmdletErrorId.PathNotFileSystem, $"'{path}' is on a drive of the provider {provider.Name}, not in a file system.", "Give a path of a file system.", path);
        }
    }
}
