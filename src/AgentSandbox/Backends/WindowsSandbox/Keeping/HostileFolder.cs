namespace AgentSandbox.Backends.WindowsSandbox.Keeping;

/// <summary>Deletes a folder that a guest has written to, once its instance is gone: links are deleted, never followed.</summary>
internal static class HostileFolder
{
    /// <summary>Deletes it, whatever names, attributes and depth it has.</summary>
    /// <param name="path">The folder; none is fine.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.CleanupFailed"/>.</exception>
    public static void Delete(string path)
    {
        // In this form Windows takes names as they are: a guest can make 'NUL' or a name with a dot at its end, which otherwise mean something else.
        string root = OperatingSystem.IsWindows() ? @"\\?\" + Path.GetFullPath(path) : path;
        try
        {
            var folders = new Stack<DirectoryInfo>();
            var top = new DirectoryInfo(root);
            if (!top.Exists)
            {
                return;
            }

            folders.Push(top);
            while (folders.Count > 0)
            {
                DirectoryInfo folder = folders.Peek();
                bool hasFolders = false;
                foreach (FileSystemInfo entry in folder.EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = 0 }))
                {
                    if (entry is DirectoryInfo inner && (entry.Attributes & FileAttributes.ReparsePoint) == 0)
                    {
                        hasFolders = true;
                        folders.Push(inner);
                    }
                    else
                    {
                        DeleteEntry(entry);
                    }
                }

                if (!hasFolders)
                {
                    folders.Pop();
                    DeleteEntry(folder);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SandboxException(SandboxErrorId.CleanupFailed, $"The sandbox's folder can't be deleted: {e.Message}", "Close what uses it, then remove the sandbox again.", path, e);
        }
    }

    private static void DeleteEntry(FileSystemInfo entry)
    {
        if (OperatingSystem.IsWindows() && (entry.Attributes & FileAttributes.ReadOnly) != 0)
        {
            entry.Attributes = FileAttributes.Normal;
        }

        entry.Delete();
    }
}
