namespace AgentSandbox.WindowsGuest.Serve.Spawn;

/// <summary>Where a program may lie. Unlike CreateProcess it never looks into the working folder or beside the guest: only where PATH says, or where the name says.</summary>
internal static class ProgramSearch
{
    private const string DefaultExtensions = ".COM;.EXE;.BAT;.CMD";

    /// <summary>Paths to try, in order.</summary>
    /// <param name="program">The name or path.</param>
    /// <param name="folder">The working folder, to which a relative path belongs.</param>
    /// <param name="path">The command's PATH.</param>
    /// <param name="extensions">The command's PATHEXT, or null.</param>
    /// <returns>Full paths; none for an empty name.</returns>
    public static IEnumerable<string> Candidates(string program, string folder, string path, string? extensions)
    {
        if (program.Length == 0 || program.IndexOf('"') >= 0)
        {
            yield break;
        }

        bool isPath = program.IndexOfAny(['\\', '/', ':']) >= 0;
        string[] folders = isPath ? [folder] : path.Split([';'], StringSplitOptions.RemoveEmptyEntries);
        foreach (string entry in folders)
        {
            string start = entry.Trim('"');
            if (start.Length == 0 || (!isPath && !IsAbsolute(start)))
            {
                continue; // What is relative to a folder that anybody may choose is no place to search.
            }

            foreach (string name in Names(program, extensions))
            {
                yield return isPath && IsAbsolute(name) ? name : start.TrimEnd('\\', '/') + "\\" + name;
            }
        }
    }

    /// <summary>Whether a path says the drive or share and begins at its root.</summary>
    /// <param name="path">The path.</param>
    /// <returns>True for <c>C:\…</c> and <c>\\…</c>.</returns>
    public static bool IsAbsolute(string path) =>
        (path.Length >= 3 && (path[0] is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z')) && path[1] == ':' && (path[2] is '\\' or '/'))
        || path.StartsWith(@"\\", StringComparison.Ordinal);

    /// <summary>Whether cmd.exe has to read the file.</summary>
    /// <param name="path">The program.</param>
    /// <returns>True for a batch file.</returns>
    public static bool IsBatch(string path)
    {
        // Windows drops dots and spaces at the end of a name before it looks at the extension; so does this, or they would hide one.
        string name = path.TrimEnd('.', ' ');
        return name.EndsWith(".bat", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".cmd", StringComparison.OrdinalIgnoreCase);
    }

    private static IEnumerable<string> Names(string program, string? extensions)
    {
        int slash = program.LastIndexOfAny(['\\', '/']);
        if (program.IndexOf('.', slash + 1) >= 0)
        {
            yield return program; // The name as it stands, if it has an extension of any kind; a bare name never means a file without one.
        }

        foreach (string extension in (extensions ?? DefaultExtensions).Split([';'], StringSplitOptions.RemoveEmptyEntries))
        {
            // Other entries of PATHEXT (.JS, .VBS, …) are documents that a shell opens, not programs.
            if (DefaultExtensions.IndexOf(extension, StringComparison.OrdinalIgnoreCase) >= 0 && extension.Length == 4 && extension[0] == '.')
            {
                yield return program + extension;
            }
        }
    }
}
