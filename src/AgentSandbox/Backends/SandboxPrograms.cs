namespace AgentSandbox.Backends;

/// <summary>Where the two native programs of this product are: <c>agentsandbox</c> (supervisor and command line) and <c>agentsandbox-guest</c>.</summary>
public static class SandboxPrograms
{
    /// <summary>Name of the environment variable that names their folder.</summary>
    public const string EnvironmentVariable = "AGENTSANDBOX_PROGRAMS";

    /// <summary>Set by a program that knows their folder, such as the PowerShell module; else they are searched.</summary>
    public static string? Folder { get; set; }

    /// <summary>Path of the supervisor.</summary>
    public static string Supervisor => Find("agentsandbox");

    /// <summary>Path of the guest.</summary>
    public static string Guest => Find("agentsandbox-guest");

    /// <summary>Path of the program that keeps sandboxes which are not on this machine's own kernel.</summary>
    internal static string Keeper => Find(OperatingSystem.IsWindows() ? "agentsandbox.exe" : "agentsandbox");

    /// <summary>Folder of the guest program for Windows and the libraries that it needs.</summary>
    internal static string WindowsGuest => Path.GetDirectoryName(Find(Path.Combine("windows-guest", "agentsandbox-guest.exe")))!;

    private static string Find(string name)
    {
        foreach (string? folder in new[] { Environment.GetEnvironmentVariable(EnvironmentVariable), Folder, AppContext.BaseDirectory, Path.GetDirectoryName(Environment.ProcessPath) })
        {
            if (!string.IsNullOrEmpty(folder) && File.Exists(Path.Combine(folder, name)))
            {
                return Path.GetFullPath(Path.Combine(folder, name));
            }
        }

        throw new SandboxException(
            SandboxErrorId.ProgramNotFound,
            $"The program '{name}' is missing.",
            $"Build the solution (dotnet build AgentSandbox.PowerShell.sln -c Release), or set {EnvironmentVariable} to the folder that holds it.",
            name);
    }
}
