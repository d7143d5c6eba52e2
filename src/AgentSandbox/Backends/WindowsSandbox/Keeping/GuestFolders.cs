using AgentSandbox.Backends.WindowsSandbox.Instance;
using AgentSandbox.State;

namespace AgentSandbox.Backends.WindowsSandbox.Keeping;

/// <summary>Makes the folders that an instance is given.</summary>
internal static class GuestFolders
{
    /// <summary>Makes them, with a copy of the guest program: what is mapped holds nothing else, and does not change when the product is updated.</summary>
    /// <param name="paths">The sandbox's folders.</param>
    /// <param name="guest">Folder of the guest program.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ProgramNotFound"/>: it is no program's.</exception>
    public static void Make(InstancePaths paths, string guest)
    {
        foreach (string folder in new[] { paths.Share, paths.Program, paths.Down, paths.Up })
        {
            PrivateFolder.Create(folder);
        }

        // Files of the folder only: the program has no subfolders, and a link in it would not be the product's.
        foreach (FileInfo file in new DirectoryInfo(guest).EnumerateFiles())
        {
            if (file.LinkTarget is null)
            {
                file.CopyTo(Path.Combine(paths.Program, file.Name));
            }
        }

        if (!File.Exists(Path.Combine(paths.Program, "agentsandbox-guest.exe")))
        {
            throw new SandboxException(SandboxErrorId.ProgramNotFound, $"The guest program is not in {guest}.", "Build the solution (dotnet build AgentSandbox.PowerShell.sln -c Release).", guest);
        }
    }
}
