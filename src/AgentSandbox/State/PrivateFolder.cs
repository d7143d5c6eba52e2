namespace AgentSandbox.State;

/// <summary>Folders that only their owner may enter.</summary>
internal static class PrivateFolder
{
    /// <summary>Makes a folder, and those above it that are missing, if it does not exist.</summary>
    /// <param name="path">Its path.</param>
    public static void Create(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Windows.WindowsPrivateFolder.Create(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
