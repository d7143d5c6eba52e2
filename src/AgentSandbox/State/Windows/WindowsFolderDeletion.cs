using System.Runtime.Versioning;

namespace AgentSandbox.State.Windows;

/// <summary>
/// Deletes folders in which this process holds locks. NTFS lets go of a deleted file at once; other file systems keep its name until it is closed
/// (and so does Wine), so the folder is tried again whenever a lock was given back.
/// </summary>
[SupportedOSPlatform("windows")]
internal static class WindowsFolderDeletion
{
    private static readonly object s_gate = new();
    private static readonly HashSet<string> s_doomed = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Deletes a folder now, or its content now and itself with the last lock in it.</summary>
    /// <param name="folder">The folder.</param>
    public static void Delete(string folder)
    {
        try
        {
            WindowsRetry.Run(() => DeleteTree(folder));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException && OnlyLocksAreLeft(folder))
        {
            // It is looked at once more below.
        }

        // Deleting can also "succeed" and leave the folder, until what is still open in it is closed.
        if (Directory.Exists(folder))
        {
            lock (s_gate)
            {
                s_doomed.Add(folder);
            }
        }
    }

    /// <summary>A lock was given back: deletes the folders that waited for that.</summary>
    public static void Finish()
    {
        lock (s_gate)
        {
            s_doomed.RemoveWhere(folder =>
            {
                try
                {
                    DeleteTree(folder);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    // Another lock is still held in it: then its end is the next time.
                }

                return !Directory.Exists(folder);
            });
        }
    }

    private static void DeleteTree(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static bool OnlyLocksAreLeft(string folder) =>
        Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).All(f => f.EndsWith(".lock", StringComparison.OrdinalIgnoreCase));
}
