using AgentSandbox.Copying.Files;
using AgentSandbox.Copying.Windows;

namespace AgentSandbox.Copying;

/// <summary>The files of the system that this process runs on.</summary>
internal static class HostFiles
{
    /// <summary>How they are opened.</summary>
    public static IFolderFiles Current => OperatingSystem.IsWindows() ? WindowsFolderFiles.Instance : LinuxFolderFiles.Instance;
}
