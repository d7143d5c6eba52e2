using System.Globalization;
using System.Runtime.InteropServices;
using AgentSandbox.Backends.Linux.Native;

namespace AgentSandbox.Backends.Linux.FileSystem;

/// <summary>One line of an id map: <paramref name="Count"/> ids from <paramref name="OnDisk"/> on appear as ids from <paramref name="InMount"/> on.</summary>
/// <param name="OnDisk">First id as the file system stores it.</param>
/// <param name="InMount">First id as processes see it.</param>
/// <param name="Count">How many.</param>
internal readonly record struct IdMapRange(uint OnDisk, uint InMount, uint Count);

/// <summary>
/// A user namespace that exists only to describe an id map to mount_setattr(2). Its one process is in sleep(3) until the
/// namespace's descriptor has been opened; the child runs nothing but that C function, so it is safe to make it from a managed process.
/// It sleeps for a bounded time: when this process is killed meanwhile, nobody else would end the child, which has our locks open.
/// </summary>
internal static unsafe class IdMap
{
    /// <summary>Makes the namespace.</summary>
    /// <param name="uids">Map of user ids.</param>
    /// <param name="gids">Map of group ids.</param>
    /// <returns>Its descriptor.</returns>
    public static FileDescriptor CreateNamespace(IReadOnlyList<IdMapRange> uids, IReadOnlyList<IdMapRange> gids)
    {
        const int Attempts = 3;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return TryCreateNamespace(uids, gids);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException && attempt < Attempts)
            {
                // The machine was so busy that the child's time was over first.
            }
        }
    }

    private static FileDescriptor TryCreateNamespace(IReadOnlyList<IdMapRange> uids, IReadOnlyList<IdMapRange> gids)
    {
        const nint Seconds = 2;
        nint sleep = NativeLibrary.GetExport(NativeLibrary.Load("libc.so.6"), "sleep");
        const int StackSize = 16 * 1024;
        byte* stack = (byte*)NativeMemory.AlignedAlloc(StackSize, 16);
        int pid = -1;
        try
        {
            // Not CLONE_VM: the child has its own copy of everything and touches nothing of ours.
            pid = Errno.Check(Libc.Clone(sleep, stack + StackSize, Libc.CLONE_NEWUSER | Libc.SIGCHLD, (void*)Seconds), "clone a user namespace");
            string proc = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}");
            WriteMap($"{proc}/uid_map", uids);
            WriteMap($"{proc}/gid_map", gids);
            return FileDescriptor.Open($"{proc}/ns/user", Libc.O_RDONLY);
        }
        finally
        {
            if (pid > 0)
            {
                _ = Libc.Kill(pid, Libc.SIGKILL); // Our own child, not yet waited for: the id can't be anybody else's.
                int status;
                while (Libc.WaitPid(pid, &status, 0) < 0 && Errno.Last == Errno.EINTR)
                {
                }
            }

            NativeMemory.AlignedFree(stack);
        }
    }

    /// <summary>The map of a root file system: ids 0-65535 on the disk become the sandbox's own 65536.</summary>
    /// <param name="idBase">First of them.</param>
    /// <returns>The map.</returns>
    public static IReadOnlyList<IdMapRange> Shift(uint idBase) => [new IdMapRange(0, idBase, 65536)];

    /// <summary>
    /// The map of a disk whose files were made with another range of ids: the two ranges change places, and every other id stays what it is, since overlayfs makes
    /// its white-outs as root.
    /// </summary>
    /// <param name="onDisk">First id of the range that the files have.</param>
    /// <param name="inMount">First id of the range that they shall have.</param>
    /// <returns>The map, of all ids.</returns>
    public static IReadOnlyList<IdMapRange> Swap(uint onDisk, uint inMount)
    {
        const uint Count = 65536;
        uint low = Math.Min(onDisk, inMount), high = Math.Max(onDisk, inMount);
        IdMapRange[] ranges =
        [
            new(0, 0, low),
            new(low, high, Count),
            new(low + Count, low + Count, high - low - Count),
            new(high, low, Count),
            new(high + Count, high + Count, uint.MaxValue - high - Count), // The last id there is, 2^32-1, means "none".
        ];
        return [.. ranges.Where(r => r.Count > 0)];
    }

    private static void WriteMap(string path, IReadOnlyList<IdMapRange> ranges)
    {
        // The kernel takes a map in a single write(2) only.
        string text = string.Concat(ranges.Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.OnDisk} {r.InMount} {r.Count}\n")));
        using var stream = new FileStream(path, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Write, BufferSize = 0 });
        stream.Write(System.Text.Encoding.ASCII.GetBytes(text));
    }
}
