using System.ComponentModel;
using System.Runtime.InteropServices;

namespace AgentSandbox.StandIn.Wsl;

/// <summary>An advisory lock of a whole file (flock(2)): it ends with the process that holds it.</summary>
internal sealed class FileLock : IDisposable
{
    private readonly int _fd;

    private FileLock(int fd) => _fd = fd;

    public static FileLock Take(string path, bool shared)
    {
        int fd = Native.Check(Native.open(path, Native.O_RDWR | Native.O_CREAT | Native.O_CLOEXEC, 0x180), path);
        Native.Check(Native.flock(fd, shared ? Native.LOCK_SH : Native.LOCK_EX), path);
        return new FileLock(fd);
    }

    public static bool IsFree(string path)
    {
        if (!File.Exists(path))
        {
            return true;
        }

        int fd = Native.Check(Native.open(path, Native.O_RDWR | Native.O_CLOEXEC, 0), path);
        bool isFree = Native.flock(fd, Native.LOCK_EX | Native.LOCK_NB) == 0;
        _ = Native.close(fd);
        return isFree;
    }

    public void Dispose() => _ = Native.close(_fd);
}

/// <summary>The calls of the C library that .NET has no name for.</summary>
internal static unsafe partial class Native
{
    public const int O_RDWR = 2, O_CREAT = 0x40, O_CLOEXEC = 0x80000;
    public const int LOCK_SH = 1, LOCK_EX = 2, LOCK_NB = 4;
    public const int SIGKILL = 9;
    private const int WNOHANG = 1;
    private const ulong MS_BIND = 4096;

    public static int Check(int result, string what) => result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError(), $"{what}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");

    public static void Bind(string source, string target) => Check(mount(source, target, null, MS_BIND, null), $"bind {source}");

    public static void Mount(string source, string target, string type) => Check(mount(source, target, type, 0, null), $"mount {type}");

    public static void ReapAll()
    {
        int status;
        while (waitpid(-1, &status, WNOHANG) > 0)
        {
        }
    }

    /// <summary>Runs a program of this machine to its end.</summary>
    /// <param name="program">Its name, searched in the usual folders.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="silent">With /dev/null for its streams; else ours.</param>
    /// <param name="environment">Its environment; ours when null.</param>
    /// <param name="rawStatus">Return what waitpid(2) says, not the exit code.</param>
    public static int Run(string program, IReadOnlyList<string> arguments, bool silent = false, IReadOnlyList<string>? environment = null, bool rawStatus = false)
    {
        int pid = Spawn(program, arguments, environment, silent), status;
        while (waitpid(pid, &status, 0) < 0)
        {
        }

        return rawStatus ? status : (status >> 8) & 0xFF;
    }

    public static int Spawn(string program, IReadOnlyList<string> arguments, IReadOnlyList<string>? environment, bool silent)
    {
        byte* actions = stackalloc byte[256];
        _ = posix_spawn_file_actions_init(actions);
        for (int fd = 0; silent && fd < 3; fd++)
        {
            _ = posix_spawn_file_actions_addopen(actions, fd, "/dev/null", O_RDWR, 0);
        }

        List<string> own = [];
        foreach (System.Collections.DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            own.Add($"{entry.Key}={entry.Value}");
        }

        nint[] argv = [.. ((string[])[program, .. arguments]).Select(Marshal.StringToCoTaskMemUTF8), 0], envp = [.. (environment ?? own).Select(Marshal.StringToCoTaskMemUTF8), 0];
        int pid;
        fixed (nint* a = argv, e = envp)
        {
            int error = posix_spawnp(&pid, program, actions, null, a, e);
            return error == 0 ? pid : throw new Win32Exception(error, $"start {program}");
        }
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int open(string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int close(int fd);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int flock(int fd, int operation);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitpid(int pid, int* status, int options);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mount(string source, string target, string? type, ulong flags, string? data);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn_file_actions_addopen(byte* actions, int fd, string path, int flags, uint mode);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawnp(int* pid, string program, byte* actions, void* attributes, nint* argv, nint* envp);
}
