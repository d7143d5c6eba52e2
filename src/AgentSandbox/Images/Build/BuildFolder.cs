using System.Globalization;
using System.Security.Cryptography;
using AgentSandbox.Copying.Files;

namespace AgentSandbox.Images.Build;

/// <summary>
/// The folder that an image grows in: a sibling of where it will be, so that one rename finishes it and nobody ever sees half an
/// image. Its name carries the builder's process id and start time: when that process is gone, the next builder deletes the rest.
/// </summary>
internal sealed class BuildFolder : IDisposable
{
    private const string Suffix = ".tmp";

    private bool _kept;

    private BuildFolder(string path)
    {
        FullPath = path;
        Root = Path.Combine(path, ImageRecord.RootName);
    }

    /// <summary>The folder.</summary>
    public string FullPath { get; }

    /// <summary>The folder of the root file system in it.</summary>
    public string Root { get; }

    /// <summary>Makes a folder.</summary>
    /// <param name="store">Where the image will be.</param>
    /// <param name="name">What it will be called there.</param>
    /// <returns>The folder, with an empty root file system in it.</returns>
    public static BuildFolder Create(string store, string name)
    {
        // The store is for root alone: images hold setuid files, which others must not reach on the host.
        RootBuilder.Folders(store, RootBuilder.Private);
        Sweep(store);
        BuildFolder folder = new(Path.Combine(store, UniqueName(name)));
        RootBuilder.Folder(folder.FullPath, RootBuilder.Private);

        // The payload must be able to enter its own root.
        RootBuilder.Folder(folder.Root, RootBuilder.Public);
        return folder;
    }

    /// <summary>Gives the folder its final name, unless something has that name.</summary>
    /// <param name="path">The final path, in the same store.</param>
    /// <returns>False when something has the name already; the folder is deleted on disposal then.</returns>
    public bool TryCommit(string path)
    {
        if (Native.RenameAt2(Native.AtFdCwd, LinuxFile.Name(FullPath), Native.AtFdCwd, LinuxFile.Name(path), OpenFlags.RenameNoReplace) == 0)
        {
            _kept = true;
            return true;
        }

        int errno = System.Runtime.InteropServices.Marshal.GetLastPInvokeError();
        return errno is Errno.Exists or Errno.NotEmpty ? false : throw new NativeIOException(errno, "rename", LinuxFile.Name(path));
    }

    /// <summary>Takes a finished folder out of the store in one step and deletes it.</summary>
    /// <param name="store">The store.</param>
    /// <param name="name">Its name there.</param>
    /// <returns>False when it was not there (any more).</returns>
    public static bool Remove(string store, string name)
    {
        string doomed = Path.Combine(store, UniqueName(name));
        if (Native.RenameAt2(Native.AtFdCwd, LinuxFile.Name(Path.Combine(store, name)), Native.AtFdCwd, LinuxFile.Name(doomed), OpenFlags.RenameNoReplace) != 0)
        {
            int errno = System.Runtime.InteropServices.Marshal.GetLastPInvokeError();
            return errno == Errno.NoEntry ? false : throw new NativeIOException(errno, "rename", LinuxFile.Name(name));
        }

        SafeDelete.Tree(doomed);
        return true;
    }

    /// <summary>Deletes what killed builders left.</summary>
    /// <param name="store">The store.</param>
    public static void Sweep(string store)
    {
        if (!Directory.Exists(store))
        {
            return;
        }

        foreach (string path in Directory.EnumerateDirectories(store, ".*" + Suffix))
        {
            // .NAME.PID.START.RANDOM.tmp, and NAME may have dots.
            string[] parts = Path.GetFileName(path).Split('.');
            if (parts.Length >= 6 && int.TryParse(parts[^4], NumberStyles.None, CultureInfo.InvariantCulture, out int pid) &&
                long.TryParse(parts[^3], NumberStyles.None, CultureInfo.InvariantCulture, out long start) && StartTime(pid) != start)
            {
                SafeDelete.Tree(path);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        for (int attempt = 0; !_kept; attempt++)
        {
            try
            {
                SafeDelete.Tree(FullPath);
                return;
            }
            catch (NativeIOException e) when (e.Errno == Errno.NotEmpty && attempt < 50)
            {
                // A builder that was killed just now may finish its last write.
                Thread.Sleep(100);
            }
        }
    }

    private static string UniqueName(string name) =>
        string.Create(CultureInfo.InvariantCulture, $".{name}.{Environment.ProcessId}.{StartTime(Environment.ProcessId)}.{RandomNumberGenerator.GetHexString(12, lowercase: true)}{Suffix}");

    /// <summary>Start of a process in ticks since boot, field 22 of proc_pid_stat(5); -1 when there is no such process.</summary>
    private static long StartTime(int pid)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{pid}/stat");

            // The command's name, in parentheses, may hold anything; what comes after it may not.
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? -1 : long.Parse(fields[19], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or IOException)
        {
            return -1;
        }
    }
}
