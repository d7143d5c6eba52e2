using AgentSandbox.Backends.Docker.Windows;

namespace AgentSandbox.Copying;

/// <summary>Paths inside a sandbox, which are written as its own system has it, on every host.</summary>
internal static class SandboxPath
{
    /// <summary>Checks a path to copy from or to.</summary>
    /// <param name="path">The path.</param>
    /// <param name="style">How the sandbox writes paths.</param>
    /// <exception cref="SandboxException">It is not absolute or can't be a path.</exception>
    public static void Validate(string path, SandboxPathStyle style = SandboxPathStyle.Linux)
    {
        if (style == SandboxPathStyle.Windows)
        {
            if (!WindowsPath.IsClean(path))
            {
                throw new SandboxException(SandboxErrorId.CopyPathNotFound, $"'{Files.DisplayText.Of(path)}' is no absolute path in a Windows sandbox.", @"Give a path that starts with a drive and has no '..' in it, for example C:\Temp\result.txt.", path);
            }

            return;
        }

        if (!path.StartsWith('/') || path.Contains('\0', StringComparison.Ordinal) || path.Length >= Archive.ArchivePath.MaxLength)
        {
            throw new SandboxException(SandboxErrorId.CopyPathNotFound, $"'{Files.DisplayText.Of(path)}' is no absolute path in a sandbox.", "Give a path that starts with '/', for example /tmp/result.txt.", path);
        }
    }

    /// <summary>The name that a copy of a path has in a folder: its last component, as the text says it.</summary>
    /// <param name="path">An absolute path.</param>
    /// <param name="style">How the sandbox writes paths.</param>
    /// <returns>The name; empty for the root.</returns>
    public static string OwnName(string path, SandboxPathStyle style = SandboxPathStyle.Linux)
    {
        if (style == SandboxPathStyle.Windows)
        {
            return WindowsPath.IsRoot(path) ? "" : WindowsPath.Split(path).Name;
        }

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
