namespace AgentSandbox.Backends.Docker.Windows;

/// <summary>
/// The image's own programs that stand in for a guest. By their full paths: what the sandbox's code puts into a folder of <c>PATH</c> or into the
/// working directory must not be what runs for the host.
/// </summary>
internal static class WindowsPrograms
{
    /// <summary>The shell; in every Windows image, nanoserver included.</summary>
    public const string Shell = System32 + "cmd.exe";

    /// <summary>Waits, one second a request; there is no better in nanoserver.</summary>
    public const string Ping = System32 + "ping.exe";

    /// <summary>Ends processes. Not in every image.</summary>
    public const string TaskKill = System32 + "taskkill.exe";

    /// <summary>bsdtar; in images since Windows 10 1803 and Windows Server 2019.</summary>
    public const string Tar = System32 + "tar.exe";

    /// <summary>The account that owns the waiting process and runs our helpers: what runs as <see cref="User"/> can't hold either up.</summary>
    public const string Administrator = "ContainerAdministrator";

    /// <summary>The account of commands when nobody says another: it can't change the system's folders.</summary>
    public const string User = "ContainerUser";

    /// <summary>Folder that helpers start in: one that commands can't remove.</summary>
    public const string Folder = @"C:\";

    private const string System32 = @"C:\Windows\System32\";
}
