using AgentSandbox.Images.Build;

namespace AgentSandbox.Images.Host;

/// <summary>Deletes roots of the built-in image that earlier states of the machine left: every update of the machine makes a new one.</summary>
internal static class OldHostRoots
{
    /// <summary>A root may have been handed out and not be mounted yet; a start takes seconds, so this is ample.</summary>
    private static readonly TimeSpan _grace = TimeSpan.FromHours(1);

    /// <summary>Deletes those that nothing has mounted. A stopped sandbox starts on the newest root, so it needs none of them.</summary>
    /// <param name="parent">Folder of the roots.</param>
    /// <param name="current">The one in use from now on.</param>
    public static void Sweep(string parent, string current)
    {
        string[] old = [.. Directory.EnumerateDirectories(parent).Select(Path.GetFileName).Where(name => name![0] != '.' && name != current && DateTime.UtcNow - Directory.GetLastWriteTimeUtc(Path.Combine(parent, name)) > _grace)!];
        if (old.Length == 0)
        {
            return;
        }

        // Sandboxes mount in namespaces of their own: only looking into every process's finds them (proc_pid_mountinfo(5)).
        HashSet<string> mounted = [];
        foreach (string process in Directory.EnumerateDirectories("/proc").Where(static path => char.IsAsciiDigit(Path.GetFileName(path)[0])))
        {
            string mounts = Read(Path.Combine(process, "mountinfo"));
            mounted.UnionWith(old.Where(name => mounts.Contains(name, StringComparison.Ordinal)));
        }

        foreach (string name in old.Where(name => !mounted.Contains(name)))
        {
            BuildFolder.Remove(parent, name);
        }
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            // The process has ended, and its mounts with it.
            return "";
        }
    }
}
