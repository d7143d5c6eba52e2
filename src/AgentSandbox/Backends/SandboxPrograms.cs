namespace AgentSandbox.Backends;

/// <summary>
/// Where the programs of this product are: <c>agentsandbox</c> (supervisor and command line) and <c>agentsandbox-guest</c>, both for Linux; beside
/// them in <c>win-x64</c> what runs on Windows, <c>agentsandbox.exe</c>.
/// </summary>
public static class SandboxPrograms
{
    /// <summary>Name of the environment variable that names their folder.</summary>
    public const string EnvironmentVariable = "AGENTSANDBOX_PROGRAMS";

    /// <summary>Name of the folder of the programs for Windows.</summary>
    private const string WindowsFolder = "win-x64";

    /// <summary>Set by a program that knows their folder, such as the PowerShell module; else they are searched.</summary>
    public static string? Folder { get; set; }

    /// <summary>Path of this system's own <c>agentsandbox</c>: the supervisor on Linux, the keepers on Windows.</summary>
    public static string Supervisor => OperatingSystem.IsWindows() ? Find("agentsandbox.exe") : LinuxHost;

    /// <summary>Path of <c>agentsandbox</c> for Linux, also on Windows: it is put into a distribution of WSL.</summary>
    public static string LinuxHost => Find("agentsandbox");

    /// <summary>Path of the guest, a program for Linux.</summary>
    public static string Guest => Find("agentsandbox-guest");

    /// <summary>Path of the program that keeps sandboxes which are not on this machine's own kernel.</summary>
    internal static string Keeper => Find(OperatingSystem.IsWindows() ? "agentsandbox.exe" : "agentsandbox");

    /// <summary>Folder of the guest program for Windows and the libraries that it needs.</summary>
    internal static string WindowsGuest => Path.GetDirectoryName(Find(Path.Combine("windows-guest", "agentsandbox-guest.exe")))!;

    /// <summary>Finds a program.</summary>
    /// <param name="name">Its file name.</param>
    /// <returns>Its path.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ProgramNotFound"/>.</exception>
    internal static string Find(string name)
    {
        foreach (string? folder in new[] { Environment.GetEnvironmentVariable(EnvironmentVariable), Folder, AppContext.BaseDirectory, Path.GetDirectoryName(Environment.ProcessPath) })
        {
            if (string.IsNullOrEmpty(folder))
            {
                continue;
            }

            // A program for Windows lies in a folder of its own below those for Linux, and looks for them above itself.
            bool isWindows = Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)) == WindowsFolder;
            foreach (string place in new[] { folder, Path.Combine(folder, isWindows ? ".." : WindowsFolder) })
            {
                string path = Path.GetFullPath(Path.Combine(place, name));
                if (File.Exists(path))
                {
                    return path;
                }
            }
        }

        throw new SandboxException(
            SandboxErrorId.ProgramNotFound,
            $"The program '{name}' is missing.",
            $"Build the solution (dotnet build AgentSandbox.PowerShell.sln -c Release), or set {EnvironmentVariable} to the folder that holds it.",
            name);
    }
}
