using System.Diagnostics;

namespace AgentSandbox.StandIn.Wsb;

/// <summary>
/// Puts the mapped folders where the instance would have them. Under Wine that is real: a link on drive C: (made by Linux' own ln, since this Wine
/// makes none) leads to the host's folder, so a program finds its files at the sandbox's paths. On Linux there are no such paths: they are replaced
/// in the command line, and an .exe is run by Mono. Read-only mapping is not imitated: one user owns both sides.
/// </summary>
internal static class MappedFolders
{
    /// <summary>A command with the folders linked.</summary>
    public static ProcessStartInfo OnWine(Instance instance, string command)
    {
        foreach (Folder folder in instance.Folders.Where(f => !Directory.Exists(f.Sandbox)))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder.Sandbox)!);
            Link(["-s", "-n", UnixPath(folder.Host), UnixPath(folder.Sandbox)], "ln", () => Directory.Exists(folder.Sandbox));
        }

        string[] parts = command.Split(' ', 2);
        return new ProcessStartInfo(parts[0]) { Arguments = parts.ElementAtOrDefault(1) ?? "", WorkingDirectory = @"C:\", CreateNoWindow = true };
    }

    /// <summary>A command with its paths replaced.</summary>
    public static ProcessStartInfo OnLinux(Instance instance, string command)
    {
        string[] parts = [.. command.Split(' ').Select(p => instance.Folders.Aggregate(p, (path, f) =>
            path.StartsWith(f.Sandbox + "\\", StringComparison.OrdinalIgnoreCase) || string.Equals(path, f.Sandbox, StringComparison.OrdinalIgnoreCase) ? f.Host + path[f.Sandbox.Length..].Replace('\\', '/') : path))];
        if (!parts[0].EndsWith(".exe", StringComparison.OrdinalIgnoreCase))
        {
            return new ProcessStartInfo(parts[0], parts[1..]);
        }

        // Debian's Mono lacks netstandard.dll, which .NET Framework 4.7.2 has; the folder with that of the .NET SDK is named by a variable.
        var start = new ProcessStartInfo("/usr/bin/mono", parts);
        start.Environment["MONO_PATH"] = Environment.GetEnvironmentVariable("AGENTSANDBOX_WSB_MONO_PATH") ?? "";
        return start;
    }

    /// <summary>Takes the links away.</summary>
    public static void Unmap(Instance instance)
    {
        if (OperatingSystem.IsWindows())
        {
            foreach (Folder folder in instance.Folders.Where(f => Directory.Exists(f.Sandbox)))
            {
                Link(["-f", UnixPath(folder.Sandbox)], "rm", () => !Directory.Exists(folder.Sandbox));
            }
        }
    }

    /// <summary>Wine starts programs of Linux too, and says nothing of how they end: what they were to do is looked for.</summary>
    private static void Link(string[] arguments, string program, Func<bool> isDone)
    {
        _ = Process.Start(new ProcessStartInfo($@"Z:\bin\{program}", arguments) { UseShellExecute = false });
        if (!SpinWait.SpinUntil(isDone, 10_000))
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} did not do it.");
        }
    }

    private static string UnixPath(string path)
    {
        string full = Path.GetFullPath(path);
        string rest = full[2..].Replace('\\', '/');
        return char.ToUpperInvariant(full[0]) switch
        {
            'Z' => rest,
            'C' => (Environment.GetEnvironmentVariable("AGENTSANDBOX_WSB_PREFIX") ?? throw new InvalidOperationException("AGENTSANDBOX_WSB_PREFIX does not say where Wine's prefix is.")) + "/drive_c" + rest,
            _ => throw new InvalidOperationException($"{path} is on no drive that is known."),
        };
    }
}
