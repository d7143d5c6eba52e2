namespace AgentSandbox.Copying;

/// <summary>Paths inside a sandbox, which are Linux paths on every host.</summary>
internal static class SandboxPath
{
    /// <summary>Checks a path to copy from or to.</summary>
    /// <param name="path">The path.</param>
    /// <exception cref="SandboxException">It is not absolute or can't be a path.</exception>
    public static void Validate(string path)
    {
        if (!path.StartsWith('/') || path.Contains('\0', StringComparison.Ordinal) || path.Length >= Archive.ArchivePath.MaxLength)
        {
            throw new SandboxException(SandboxErrorId.CopyPathNotFound, $"'{Files.DisplayText.Of(path)}' is no absolute path in a sandbox.", "Give a path that starts with '/', for example /tmp/result.txt.", path);
        }
    }

    /// <summary>The name that a copy of a path has in a folder: its last component, as the text says it.</summary>
    /// <param name="path">An absolute path.</param>
    /// <returns>The name; empty for the root.</returns>
    public static string OwnName(string path)
    {
        Stack<string> components = new();
        foreach (string component in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (component == "..")
            {
                components.TryPop(out _);
            }
            else if (component != ".")
            {
                components.Push(component);
            }
        }

        return components.TryPeek(out string? name) ? name : "";
    }
}
