using System.Globalization;
using AgentSandbox.Backends.Linux.Native;
using AgentSandbox.State;

namespace AgentSandbox.Processes;

/// <summary>Where what is known of one background process is: <c>processes/SANDBOX/NUMBER</c> in the state folder.</summary>
/// <param name="path">The folder.</param>
/// <param name="id">The process's number.</param>
internal sealed class ProcessFolder(string path, int id)
{
    /// <summary>Processes that a sandbox may have on record. The oldest ended one makes room for a new one.</summary>
    internal const int MaxCount = 100;

    private const int AtFdCwd = -100;

    /// <summary>The folder.</summary>
    public string Path { get; } = path;

    /// <summary>The process's number.</summary>
    public int Id { get; } = id;

    /// <summary>Held by its holder, so that anybody can see whether that lives.</summary>
    public string Lock => System.IO.Path.Combine(Path, "holder.lock");

    /// <summary>What the holder says about it.</summary>
    public string Status => System.IO.Path.Combine(Path, "status.json");

    /// <summary>The folder of all processes of a sandbox.</summary>
    /// <param name="home">The state folder.</param>
    /// <param name="sandboxId">The sandbox.</param>
    public static string Of(SandboxHome home, string sandboxId) => System.IO.Path.Combine(home.Data, "processes", sandboxId);

    /// <summary>The processes of a sandbox that are on record, by number.</summary>
    /// <param name="home">The state folder.</param>
    /// <param name="sandboxId">The sandbox.</param>
    public static IReadOnlyList<ProcessFolder> All(SandboxHome home, string sandboxId)
    {
        string parent = Of(home, sandboxId);
        try
        {
            return
            [
                .. Directory.EnumerateDirectories(parent)
                    .Select(folder => int.TryParse(System.IO.Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? new ProcessFolder(folder, id) : null)
                    .OfType<ProcessFolder>().OrderBy(folder => folder.Id),
            ];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>Makes the folder of a new process. Two that start at once get two numbers: the kernel makes a folder only once.</summary>
    /// <param name="home">The state folder.</param>
    /// <param name="sandboxId">The sandbox.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ResourceExhausted"/>: so many run already.</exception>
    public static ProcessFolder Create(SandboxHome home, string sandboxId)
    {
        string parent = Of(home, sandboxId);
        while (true)
        {
            IReadOnlyList<ProcessFolder> all = All(home, sandboxId);
            if (all.Count >= MaxCount)
            {
                ProcessFolder oldest = all.FirstOrDefault(folder => !FileLock.IsHeld(folder.Lock))
                    ?? throw new SandboxException(SandboxErrorId.ResourceExhausted, $"{MaxCount} background processes run in the sandbox already.", "Stop some of them (Stop-SandboxProcess).", sandboxId);
                oldest.Delete();
                continue;
            }

            PrivateFolder.Create(parent);
            int id = all.Count == 0 ? 1 : all[^1].Id + 1;
            var folder = new ProcessFolder(System.IO.Path.Combine(parent, id.ToString(CultureInfo.InvariantCulture)), id);
            if (Libc.MkDirAt(AtFdCwd, folder.Path, 0x1C0) == 0)
            {
                return folder;
            }

            // Another took the number, or the folder above went away with the last process in it: once more.
            if (Errno.Last is not (Errno.EEXIST or Errno.ENOENT))
            {
                throw Errno.Exception($"make {folder.Path}", Errno.Last);
            }
        }
    }

    /// <summary>Deletes it, whoever else may be doing that.</summary>
    public void Delete()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Somebody was faster.
        }
    }
}
