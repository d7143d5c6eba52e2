using System.Runtime.InteropServices;

namespace AgentSandbox.Guest.Native;

/// <summary>errno(3) values that are handled by number; the same on x86-64 and arm64.</summary>
internal static class Errno
{
    public const int EPERM = 1;
    public const int ENOENT = 2;
    public const int ESRCH = 3;
    public const int EINTR = 4;
    public const int EIO = 5;
    public const int E2BIG = 7;
    public const int ENAMETOOLONG = 36;
    public const int ENOEXEC = 8;
    public const int EAGAIN = 11;
    public const int ENOMEM = 12;
    public const int EACCES = 13;
    public const int EBUSY = 16;
    public const int ENODEV = 19;
    public const int ENOTDIR = 20;
    public const int EINVAL = 22;
    public const int ENOTTY = 25;
    public const int ENFILE = 23;
    public const int EMFILE = 24;
    public const int ENOSPC = 28;
    public const int ESTALE = 116;
    public const int ETIMEDOUT = 110;
    public const int ENOBUFS = 105;
}

/// <summary>Constants of the system call interface, named as in the man pages. Where x86-64 and arm64 differ, the value is a property.</summary>
internal static class Os
{
    public const int O_RDONLY = 0;
    public const int O_WRONLY = 1;
    public const int O_RDWR = 2;
    public const int O_NOCTTY = 0x100;
    public const int O_NONBLOCK = 0x800;
    public const int O_CLOEXEC = 0x80000;
    public const int O_PATH = 0x200000;
    public static int O_DIRECTORY => IsArm64 ? 0x4000 : 0x10000;
    public static int O_NOFOLLOW => IsArm64 ? 0x8000 : 0x20000;

    public const int F_DUPFD_CLOEXEC = 1030;
    public const int F_GETFD = 1;
    public const int F_SETFD = 2;
    public const int F_GETFL = 3;
    public const int F_SETFL = 4;
    public const int F_SETPIPE_SZ = 1031;
    public const int FD_CLOEXEC = 1;
    public const nuint FIONREAD = 0x541B;
    public const int AT_EMPTY_PATH = 0x1000;
    public const uint SPLICE_F_NONBLOCK = 2;
    public const int SEEK_SET = 0;

    public const uint EPOLLIN = 1;
    public const uint EPOLLOUT = 4;
    public const uint EPOLLERR = 8;
    public const uint EPOLLHUP = 0x10;
    public const int EPOLL_CTL_ADD = 1;
    public const int EPOLL_CTL_DEL = 2;
    public const int EPOLL_CTL_MOD = 3;

    public const int SOCK_NONBLOCK = 0x800;
    public const int SOCK_CLOEXEC = 0x80000;
    public const int SOL_SOCKET = 1;
    public const int SO_ACCEPTCONN = 30;

    public const int SIGHUP = 1;
    public const int SIGINT = 2;
    public const int SIGKILL = 9;
    public const int SIGPIPE = 13;
    public const int SIGTERM = 15;
    public const int SIGCHLD = 17;
    public const int SIGCONT = 18;
    public const int SIGQUIT = 3;
    public const int SIGTSTP = 20;
    public const int SIGWINCH = 28;

    /// <summary>SIGRTMIN+3 as glibc counts: what systemd-nspawn sends to ask PID 1 for a shutdown.</summary>
    public const int SIGRTMIN_PLUS_3 = 37;
    public const int MaxSignal = 64;
    public const int SIG_SETMASK = 2;
    public const int SIG_BLOCK = 0;
    public const nint SIG_IGN = 1;

    public const int P_ALL = 0;
    public const int WNOHANG = 1;
    public const int WEXITED = 4;
    public const int WNOWAIT = 0x01000000;

    public const int RLIMIT_FSIZE = 1;
    public const int RLIMIT_NOFILE = 7;
    public const int RLIMIT_RTTIME = 15;
    public const ulong RLIM_INFINITY = ulong.MaxValue;

    public const int PR_SET_DUMPABLE = 4;
    public const int PR_SET_NAME = 15;
    public const int PR_GET_NO_NEW_PRIVS = 39;
    public const int PR_CAPBSET_READ = 23;
    public const int PR_CAPBSET_DROP = 24;
    public const int PR_SET_CHILD_SUBREAPER = 36;
    public const int PR_SET_NO_NEW_PRIVS = 38;
    public const int PR_CAP_AMBIENT = 47;
    public const nuint PR_CAP_AMBIENT_CLEAR_ALL = 4;

    /// <summary>_LINUX_CAPABILITY_VERSION_3 of capget(2).</summary>
    public const uint CapabilityVersion3 = 0x20080522;

    /// <summary>CAP_SETFCAP of capabilities(7).</summary>
    public const int CAP_SETFCAP = 31;

    public const nuint AT_EXECFN = 31;

    /// <summary>f_type of proc(5), statfs(2).</summary>
    public const long PROC_SUPER_MAGIC = 0x9fa0;
    public const uint STATX_TYPE = 1;
    public const int S_IFMT = 0xF000;
    public const int S_IFREG = 0x8000;
    public const int S_IFIFO = 0x1000;
    public const int S_IFCHR = 0x2000;
    public const int S_IFSOCK = 0xC000;

    /// <summary>The name of <c>TIOCGWINSZ</c>, ioctl_tty(2): answered by terminals only.</summary>
    public const nuint TIOCGWINSZ = 0x5413;

    // More of ioctl_tty(2); the same on x86-64 and arm64.
    public const nuint TCGETS = 0x5401;
    public const nuint TCSETS = 0x5402;
    public const nuint TIOCSCTTY = 0x540E;
    public const nuint TIOCGPGRP = 0x540F;
    public const nuint TIOCSWINSZ = 0x5414;
    public const nuint TIOCGPTN = 0x80045430;
    public const nuint TIOCSPTLCK = 0x40045431;
    public const nuint TIOCGPTPEER = 0x5441;

    /// <summary>Input flag of termios(3): the terminal's text is UTF-8, so that erasing takes a whole character.</summary>
    public const uint IUTF8 = 0x4000;

    /// <summary>Local flag: keys make signals; and which keys, as indices of <c>c_cc</c>.</summary>
    public const uint ISIG = 1;
    public const int VINTR = 0;
    public const int VQUIT = 1;
    public const int VSUSP = 10;

    // System calls that the C library wraps in a way that does not fit (setuid family: for all threads, by signals) or not at all.
    public static nint SYS_rt_sigaction => IsArm64 ? 134 : 13;
    public static nint SYS_setgroups => IsArm64 ? 159 : 116;
    public static nint SYS_setresuid => IsArm64 ? 147 : 117;
    public static nint SYS_setresgid => IsArm64 ? 149 : 119;
    public static nint SYS_capget => IsArm64 ? 90 : 125;
    public static nint SYS_capset => IsArm64 ? 91 : 126;
    public static nint SYS_keyctl => IsArm64 ? 219 : 250;
    public static nint SYS_execveat => IsArm64 ? 281 : 322;
    public static nint SYS_getdents64 => IsArm64 ? 61 : 217;
    public const nint SYS_pidfd_send_signal = 424;
    public const nint SYS_pidfd_open = 434;
    public const nint SYS_close_range = 436;

    // A constant to the ahead-of-time compiler, so that the other architecture's branch is gone.
    private static bool IsArm64 => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
}
