using System.Buffers;

namespace AgentSandbox.Backends.Docker.Windows;

/// <summary>Paths inside a Windows container, judged by their text alone: the host may be another system.</summary>
internal static class WindowsPath
{
    private const int MaxLength = 4096;

    /// <summary>What no name of a file can have in it.</summary>
    private static readonly SearchValues<char> s_forbidden = SearchValues.Create("<>:\"|?*");

    /// <summary>Tells whether a path is absolute, leads nowhere else by <c>..</c>, and has only characters that names of files can have.</summary>
    /// <param name="path">The path; both slashes are taken.</param>
    /// <returns>True when it is <c>X:\</c> with names behind it.</returns>
    public static bool IsClean(string path) =>
        path.Length is >= 3 and < MaxLength
        && char.IsAsciiLetter(path[0])
        && path[1] == ':'
        && path[2] is '\\' or '/'
        && !path.AsSpan(2).ContainsAny(s_forbidden)
        && !path.Any(char.IsControl)
        && !Parts(path).Any(p => p is "." or ".." || p[^1] is ' ' or '.');

    /// <summary>Tells whether it is the root of a drive.</summary>
    /// <param name="path">A clean path.</param>
    /// <returns>True for <c>C:\</c>.</returns>
    public static bool IsRoot(string path) => Parts(path).Length == 0;

    /// <summary>The path with backslashes, one between two names and none at the end of a folder other than a drive's root.</summary>
    /// <param name="path">A clean path.</param>
    /// <returns>The same place.</returns>
    public static string Normal(string path) => $"{char.ToUpperInvariant(path[0])}:\\{string.Join('\\', Parts(path))}";

    /// <summary>Takes a path apart.</summary>
    /// <param name="path">A clean path that is no root.</param>
    /// <returns>The folder that it is in, and its name there.</returns>
    public static (string Folder, string Name) Split(string path)
    {
        string[] parts = Parts(path);
        return ($"{char.ToUpperInvariant(path[0])}:\\{string.Join('\\', parts[..^1])}", parts[^1]);
    }

    private static string[] Parts(string path) => path[2..].Split(['\\', '/'], StringSplitOptions.RemoveEmptyEntries);
}
