using System.Runtime.InteropServices;

namespace AgentSandbox.Backends.Linux.Native;

/// <summary>The calls of the C library and the kernel that the Linux backends need. Names are those of the man pages.</summary>
internal static unsafe partial class Libc
{
    public const int AT_FDCWD = -100;
    public const int AT_EMPTY_PATH = 0x1000;
    public const int AT_RECURSIVE = 0x8000;
    public const int O_RDONLY = 0;
    public const int O_WRONLY = 1;
    public const int O_RDWR = 2;
    public const int O_CREAT = 0x40;
    public const int O_EXCL = 0x80;
    public const int O_NOCTTY = 0x100;
    public const int O_TRUNC = 0x200;
    public const int O_APPEND = 0x400;
    public const int O_CLOEXEC = 0x80000;
    public const int O_PATH = 0x200000;

    public const ulong MS_RDONLY = 1;
    public const ulong MS_NOSUID = 2;
    public const ulong MS_NODEV = 4;
    public const ulong MS_NOEXEC = 8;
    public const ulong MS_BIND = 4096;
    public const ulong MS_REC = 16384;
    public const ulong MS_PRIVATE = 1 << 18;
    public const ulong MS_NOATIME = 1024;

    public const int MNT_DETACH = 2;

    public const int CLONE_NEWNS = 0x00020000;
    public const int CLONE_NEWUSER = 0x10000000;
    public const int SIGCHLD = 17;
    public const int SIGKILL = 9;
    public const int SIGTERM = 15;

    public const short POLLIN = 1;

    [StructLayout(LayoutKind.Sequential)]
    public struct PollFd
    {
        public int Fd;
        public short Events;
        public short Revents;
    }

    /// <summary>struct mount_attr, mount_setattr(2).</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct MountAttr
    {
        public ulong AttrSet;
        public ulong AttrClr;
        public ulong Propagation;
        public ulong UserNsFd;
    }

    /// <summary>struct open_how, openat2(2).</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    /// <summary>struct flock, fcntl(2), as the 64-bit ABIs have it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Flock
    {
        public short Type;
        public short Whence;
        public long Start;
        public long Len;
        public int Pid;
    }

    [LibraryImport("libc", EntryPoint = "shmget", SetLastError = true)]
    public static partial int ShmGet(int key, nuint size, int flags);

    [LibraryImport("libc", EntryPoint = "shmat", SetLastError = true)]
    public static partial nint ShmAt(int id, void* address, int flags);

    [LibraryImport("libc", EntryPoint = "shmdt", SetLastError = true)]
    public static partial int ShmDt(void* address);

    [LibraryImport("libc", EntryPoint = "shmctl", SetLastError = true)]
    public static partial int ShmCtl(int id, int command, void* buffer);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int OpenAt(int dirfd, string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int MkDirAt(int dirfd, string path, uint mode);

    public const int MADV_DONTNEED = 4;

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    public static partial int MAdvise(nuint address, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "fchownat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int FChownAt(int dirfd, string path, uint uid, uint gid, int flags);

    [LibraryImport("libc", EntryPoint = "fchmodat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int FChmodAt(int dirfd, string path, uint mode, int flags);

    [LibraryImport("libc", EntryPoint = "chdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ChDir(string path);

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Mount(string? source, string target, string? type, ulong flags, string? data);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Umount2(string target, int flags);

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    public static partial int Unshare(int flags);

    [LibraryImport("libc", EntryPoint = "setsid", SetLastError = true)]
    public static partial int SetSid();

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint GetEUid();

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(PollFd* fds, nuint count, int timeoutMilliseconds);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    public static partial int WaitPid(int pid, int* status, int options);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    public static partial int FcntlLock(int fd, int command, Flock* argument);

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    public static partial int Dup2(int fd, int newFd);

    [LibraryImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    public static partial int Pipe2(int* fds, int flags);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int fd, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Ioctl(int fd, nuint request, void* argument);

    [LibraryImport("libc", EntryPoint = "clone", SetLastError = true)]
    public static partial int Clone(nint function, void* stackTop, int flags, void* argument);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    public static partial long LSeek(int fd, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    public static partial int SyncFs(int fd);

    [LibraryImport("libc", EntryPoint = "copy_file_range", SetLastError = true)]
    public static partial nint CopyFileRange(int source, long* sourceOffset, int destination, long* destinationOffset, nuint length, uint flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long Syscall5(long number, nint a, nint b, nint c, nint d, nint e);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long Syscall3(long number, nint a, nint b, nint c);

    // These numbers are the same on every architecture: they are from the time after the tables were unified.
    private const long SYS_pidfd_send_signal = 424;
    private const long SYS_open_tree = 428;
    private const long SYS_move_mount = 429;
    private const long SYS_pidfd_open = 434;
    private const long SYS_openat2 = 437;
    private const long SYS_mount_setattr = 442;

    public static int OpenTree(int dirfd, string path, uint flags)
    {
        fixed (byte* p = System.Text.Encoding.UTF8.GetBytes(path + '\0'))
        {
            return (int)Syscall3(SYS_open_tree, dirfd, (nint)p, (nint)flags);
        }
    }

    /// <summary>Moves the detached mount <paramref name="treeFd"/> onto the place that <paramref name="targetFd"/> names.</summary>
    public static int MoveMount(int treeFd, int targetFd)
    {
        const int MOVE_MOUNT_F_EMPTY_PATH = 4;
        const int MOVE_MOUNT_T_EMPTY_PATH = 0x40;
        byte empty = 0;
        return (int)Syscall5(SYS_move_mount, treeFd, (nint)(&empty), targetFd, (nint)(&empty), MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
    }

    public static int MountSetAttr(int treeFd, uint flags, MountAttr attributes)
    {
        byte empty = 0;
        return (int)Syscall5(SYS_mount_setattr, treeFd, (nint)(&empty), (nint)(flags | AT_EMPTY_PATH), (nint)(&attributes), sizeof(MountAttr));
    }

    public static int PidFdOpen(int pid) => (int)Syscall3(SYS_pidfd_open, pid, 0, 0);

    /// <summary>Sends a signal to the process that a descriptor of <see cref="PidFdOpen"/> stands for.</summary>
    public static int PidFdSendSignal(int pidFd, int signal) => (int)Syscall5(SYS_pidfd_send_signal, pidFd, signal, 0, 0, 0);

    public static int OpenAt2(int dirfd, string path, OpenHow how)
    {
        fixed (byte* p = System.Text.Encoding.UTF8.GetBytes(path + '\0'))
        {
            return (int)Syscall5(SYS_openat2, dirfd, (nint)p, (nint)(&how), sizeof(OpenHow), 0);
        }
    }
}
