using System.Runtime.InteropServices;

namespace AgentSandbox.Backends.Linux.Native;

/// <summary>
/// posix_spawn(3) for the supervisor. Not System.Diagnostics.Process: that starts threads and takes SIGCHLD, and a supervisor wants to stay
/// one thread of a few megabytes; and it can't hand over descriptors.
/// </summary>
internal static unsafe partial class ChildProcess
{
    /// <summary>Starts a program.</summary>
    /// <param name="path">Its absolute path.</param>
    /// <param name="arguments">Its arguments, the name first.</param>
    /// <param name="environment">Its whole environment, as <c>NAME=value</c>.</param>
    /// <param name="descriptors">Which of our descriptors become which of its own; the numbers 0 to 2 too.</param>
    /// <returns>Its process id.</returns>
    public static int Spawn(string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment, IReadOnlyList<(int Ours, int Theirs)> descriptors)
    {
        byte* actions = stackalloc byte[256]; // posix_spawn_file_actions_t is 80 bytes in glibc, less in musl.
        Check(FileActionsInit(actions), "posix_spawn_file_actions_init");
        nint[] argv = ToNative(arguments), envp = ToNative(environment);
        try
        {
            foreach ((int ours, int theirs) in descriptors)
            {
                Check(FileActionsAddDup2(actions, ours, theirs), "posix_spawn_file_actions_adddup2");
            }

            int pid;
            fixed (nint* a = argv, e = envp)
            {
                Check(PosixSpawn(&pid, path, actions, null, a, e), $"start {path}");
            }

            return pid;
        }
        finally
        {
            _ = FileActionsDestroy(actions);
            Free(argv);
            Free(envp);
        }
    }

    private static nint[] ToNative(IReadOnlyList<string> strings) => [.. strings.Select(Marshal.StringToCoTaskMemUTF8), 0];

    private static void Free(nint[] strings)
    {
        foreach (nint s in strings)
        {
            Marshal.FreeCoTaskMem(s);
        }
    }

    private static void Check(int error, string what)
    {
        if (error != 0)
        {
            throw Errno.Exception(what, error);
        }
    }

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    private static partial int FileActionsInit(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_adddup2")]
    private static partial int FileActionsAddDup2(byte* actions, int from, int to);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    private static partial int FileActionsDestroy(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int PosixSpawn(int* pid, string path, byte* actions, void* attributes, nint* argv, nint* envp);
}
