using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]

namespace AgentSandbox.Guest.Native;

/// <summary>
/// The C library, as man section 2 and 3 describe it. Linked statically (DirectPInvoke), blittable only: a call is a plain C call, so
/// that the code between fork and execve may use it. All return -1 and leave <see cref="Errno"/> unless said otherwise.
/// </summary>
internal static unsafe partial class Libc
{
    private const string Name = "libc";

    /// <summary>errno(3) of the last failed call. Read it before anything else is called.</summary>
    public static int Errno
    {
        get => *ErrnoLocation();
        set => *ErrnoLocation() = value;
    }

    [LibraryImport(Name, EntryPoint = "__errno_location")]
    private static partial int* ErrnoLocation();

    // Descriptors
    [LibraryImport(Name, EntryPoint = "open")]
    public static partial int Open(byte* path, int flags, int mode);

    [LibraryImport(Name, EntryPoint = "openat")]
    public static partial int OpenAt(int directory, byte* path, int flags, int mode);

    [LibraryImport(Name, EntryPoint = "close")]
    public static partial int Close(int descriptor);

    [LibraryImport(Name, EntryPoint = "read")]
    public static partial nint Read(int descriptor, byte* buffer, nint count);

    [LibraryImport(Name, EntryPoint = "write")]
    public static partial nint Write(int descriptor, byte* buffer, nint count);

    [LibraryImport(Name, EntryPoint = "splice")]
    public static partial nint Splice(int from, long* fromOffset, int to, long* toOffset, nint count, uint flags);

    [LibraryImport(Name, EntryPoint = "fcntl")]
    public static partial int Fcntl(int descriptor, int command, nint argument);

    [LibraryImport(Name, EntryPoint = "ioctl")]
    public static partial int Ioctl(int descriptor, nuint request, int* argument);

    [LibraryImport(Name, EntryPoint = "pipe2")]
    public static partial int Pipe2(int* descriptors, int flags);

    [LibraryImport(Name, EntryPoint = "dup2")]
    public static partial int Dup2(int from, int to);

    [LibraryImport(Name, EntryPoint = "dup3")]
    public static partial int Dup3(int from, int to, int flags);

    /// <summary>statx(2): unlike stat(2) its structure is the same on every architecture.</summary>
    [LibraryImport(Name, EntryPoint = "statx")]
    public static partial int Statx(int directory, byte* path, int flags, uint mask, byte* buffer);

    [LibraryImport(Name, EntryPoint = "fstatfs")]
    public static partial int FstatFs(int descriptor, byte* buffer);

    [LibraryImport(Name, EntryPoint = "lseek")]
    public static partial long Lseek(int descriptor, long offset, int whence);

    [LibraryImport(Name, EntryPoint = "readlinkat")]
    public static partial nint ReadLinkAt(int directory, byte* path, byte* buffer, nint size);

    [LibraryImport(Name, EntryPoint = "access")]
    public static partial int Access(byte* path, int mode);

    // Event loop and sockets
    [LibraryImport(Name, EntryPoint = "epoll_create1")]
    public static partial int EpollCreate(int flags);

    [LibraryImport(Name, EntryPoint = "epoll_ctl")]
    public static partial int EpollControl(int epoll, int operation, int descriptor, void* epollEvent);

    [LibraryImport(Name, EntryPoint = "epoll_wait")]
    public static partial int EpollWait(int epoll, void* events, int capacity, int timeoutMilliseconds);

    [LibraryImport(Name, EntryPoint = "signalfd")]
    public static partial int SignalFd(int descriptor, SignalSet* mask, int flags);

    [LibraryImport(Name, EntryPoint = "accept4")]
    public static partial int Accept4(int socket, void* address, void* length, int flags);

    [LibraryImport(Name, EntryPoint = "getsockopt")]
    public static partial int GetSocketOption(int socket, int level, int name, int* value, int* length);

    // Processes and signals
    [LibraryImport(Name, EntryPoint = "fork")]
    public static partial int Fork();

    /// <summary>_exit(2): ends at once, with no clean-up of the runtime.</summary>
    [LibraryImport(Name, EntryPoint = "_exit")]
    public static partial void ExitNow(int code);

    [LibraryImport(Name, EntryPoint = "execve")]
    public static partial int Execve(byte* path, byte** arguments, byte** environment);

    [LibraryImport(Name, EntryPoint = "waitid")]
    public static partial int WaitId(int idType, uint id, byte* siginfo, int options);

    [LibraryImport(Name, EntryPoint = "waitpid")]
    public static partial int WaitPid(int pid, int* status, int options);

    [LibraryImport(Name, EntryPoint = "getpid")]
    public static partial int GetPid();

    [LibraryImport(Name, EntryPoint = "setsid")]
    public static partial int SetSid();

    [LibraryImport(Name, EntryPoint = "kill")]
    public static partial int Kill(int pid, int signal);

    /// <summary>signal(2); returns -1 as a pointer on failure.</summary>
    [LibraryImport(Name, EntryPoint = "signal")]
    public static partial nint Signal(int signal, nint handler);

    [LibraryImport(Name, EntryPoint = "sigprocmask")]
    public static partial int SigProcMask(int how, SignalSet* set, SignalSet* old);

    // Rights and limits
    [LibraryImport(Name, EntryPoint = "prctl")]
    public static partial int Prctl(int option, nuint arg2, nuint arg3, nuint arg4, nuint arg5);

    [LibraryImport(Name, EntryPoint = "chroot")]
    public static partial int Chroot(byte* path);

    [LibraryImport(Name, EntryPoint = "chdir")]
    public static partial int Chdir(byte* path);

    [LibraryImport(Name, EntryPoint = "umask")]
    public static partial uint Umask(uint mask);

    [LibraryImport(Name, EntryPoint = "geteuid")]
    public static partial uint GetEffectiveUserId();

    [LibraryImport(Name, EntryPoint = "getegid")]
    public static partial uint GetEffectiveGroupId();

    /// <summary>setgroups(3) of glibc: for all threads of the process.</summary>
    [LibraryImport(Name, EntryPoint = "setgroups")]
    public static partial int SetGroups(nuint count, uint* groups);

    /// <summary>setresgid(3) of glibc: for all threads of the process.</summary>
    [LibraryImport(Name, EntryPoint = "setresgid")]
    public static partial int SetResGid(uint real, uint effective, uint saved);

    /// <summary>setresuid(3) of glibc: for all threads of the process.</summary>
    [LibraryImport(Name, EntryPoint = "setresuid")]
    public static partial int SetResUid(uint real, uint effective, uint saved);

    [LibraryImport(Name, EntryPoint = "prlimit")]
    public static partial int PrLimit(int pid, int resource, ResourceLimit* value, ResourceLimit* old);

    [LibraryImport(Name, EntryPoint = "syscall")]
    public static partial nint Syscall(nint number, nint a, nint b, nint c, nint d, nint e);

    [LibraryImport(Name, EntryPoint = "getauxval")]
    public static partial nuint GetAuxiliaryValue(nuint type);

    [LibraryImport(Name, EntryPoint = "getrandom")]
    public static partial nint GetRandom(void* buffer, nint count, uint flags);
}
