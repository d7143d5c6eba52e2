namespace AgentSandbox.Guest.Probes;

/// <summary>
/// Whether parts of the kernel answer that have been ways out. Each call is made so that it can do nothing: what tells that it was let through is the error
/// that comes after the kernel's checks of rights. No arguments.
/// </summary>
internal static unsafe class KernelProbes
{
    private const int BadDescriptor = 9; // EBADF
    private const int TooBig = 7; // E2BIG
    private const int BadAddress = 14; // EFAULT
    private const int Invalid = 22; // EINVAL
    private const int Stale = 116; // ESTALE

    /// <summary>A program of no instructions is too small to be loaded, which is said to those only who may load one.</summary>
    public static ProbeReport Bpf(string[] args) => LetThrough(Kernel.Call("bpf", 5 /* BPF_PROG_LOAD */), TooBig, "bpf(BPF_PROG_LOAD) of nothing");

    /// <summary>Asks for the number of the user's keyring and makes none.</summary>
    public static ProbeReport Keyring(string[] args) => LetThrough(Kernel.Call("keyctl", 0 /* KEYCTL_GET_KEYRING_ID */, -4 /* KEY_SPEC_USER_KEYRING */, 0), 0, "keyctl(KEYCTL_GET_KEYRING_ID)");

    /// <summary>Without parameters no ring can be made.</summary>
    public static ProbeReport IoUring(string[] args) => LetThrough(Kernel.Call("io_uring_setup", 0, 0), BadAddress, "io_uring_setup without parameters");

    /// <summary>The kind that every user may make where it is allowed at all, with a flag that does not exist.</summary>
    public static ProbeReport UserFault(string[] args) => LetThrough(Kernel.Call("userfaultfd", 0x4000_0001), Invalid, "userfaultfd with a flag that is none");

    /// <summary>A handle of inode 0, which no file system has.</summary>
    public static ProbeReport HandleOpen(string[] args)
    {
        KernelResult root = Kernel.CallPath("openat", "/", 0x80000 /* O_CLOEXEC */);
        if (!root.Ok)
        {
            return new ProbeReport(ProbeReport.Closed, root.Errno, false, "open /");
        }

        // struct file_handle: 8 bytes of handle, type 1 (inode and generation).
        uint* handle = stackalloc uint[4] { 8, 1, 0, 0 };
        KernelResult result = Kernel.Call("open_by_handle_at", root.Value, (nint)handle, 0x80000);
        Kernel.Close(root.Value);
        if (result.Ok)
        {
            Kernel.Close(result.Value);
        }

        return LetThrough(result, Stale, "open_by_handle_at of inode 0");
    }

    /// <summary>A module from no file.</summary>
    public static ProbeReport Module(string[] args)
    {
        byte nothing = 0;
        return LetThrough(Kernel.Call("finit_module", -1, (nint)(&nothing), 0), BadDescriptor, "finit_module of no file");
    }

    /// <summary>The size of the kernel's log; nothing of it is read.</summary>
    public static ProbeReport Log(string[] args) => LetThrough(Kernel.Call("syslog", 10 /* SYSLOG_ACTION_SIZE_BUFFER */), 0, "syslog(SYSLOG_ACTION_SIZE_BUFFER)");

    /// <summary>Sets neither the time nor the zone.</summary>
    public static ProbeReport Clock(string[] args) => LetThrough(Kernel.Call("settimeofday", 0, 0), 0, "settimeofday of nothing");

    private static ProbeReport LetThrough(KernelResult result, int passed, string tried)
    {
        // The control: a kernel answers, and by itself.
        bool control = Kernel.Call("read", -1, 0, 0).Errno == BadDescriptor;
        return result.Ok || (passed != 0 && result.Errno == passed)
            ? new ProbeReport(ProbeReport.Open, 0, control, $"{tried} gets past the kernel's checks of rights")
            : new ProbeReport(ProbeReport.Closed, result.Errno, control, tried);
    }
}
