namespace AgentSandbox.Guest.Probes;

/// <summary>Probes of what this process was handed when it was started.</summary>
internal static unsafe class InheritanceProbes
{
    private const int MostDescriptors = 65536;
    private const int InvalidDescriptor = 0x20; // POLLNVAL
    private const int GetFlags = 1; // F_GETFD
    private const int CloseOnExec = 1; // FD_CLOEXEC
    private const int OpenFilesLimit = 7; // RLIMIT_NOFILE

    /// <summary>Arguments: name of the variable that the process which started the sandbox has. Its value is the secret.</summary>
    public static ProbeReport Variable(string[] args)
    {
        int count = Environment.GetEnvironmentVariables().Count;
        return ProbeReport.OfSecret(Environment.GetEnvironmentVariable(args[0]) ?? "", 0, count > 0, $"{count} variables, {args[0]} looked for");
    }

    /// <summary>
    /// Arguments: <c>plant</c> on the host only: makes one to be found. Descriptors that an execve(2) left open have no close-on-exec mark, while all that this program
    /// opens has: so what is listed was inherited, although the runtime has opened some by now.
    /// </summary>
    public static ProbeReport Descriptors(string[] args)
    {
        nint planted = args is ["plant"] ? Kernel.Call("dup", 0).Value : -1;
        List<int> inherited = Inherited();
        nint own = Kernel.Call("dup", 0).Value; // The control: one that is there for certain.
        bool control = own > 2 && Inherited().Contains((int)own);
        Kernel.Close(own);
        Kernel.Close(planted);
        return inherited.Count > 0
            ? new ProbeReport(ProbeReport.Open, 0, control, $"open files were handed over: {string.Join(", ", inherited.Take(16))}")
            : new ProbeReport(ProbeReport.Closed, 0, control, "no open file but the three standard streams was handed over");
    }

    /// <summary>Descriptors above the standard streams without the mark. poll(2) tells of all at once which are open, without opening anything.</summary>
    private static List<int> Inherited()
    {
        ulong* limit = stackalloc ulong[2];
        int count = Kernel.Call("prlimit64", 0, OpenFilesLimit, 0, (nint)limit).Ok ? (int)Math.Min(limit[0], MostDescriptors) : 1024;
        ulong[] entries = new ulong[count]; // struct pollfd: descriptor, wanted events, events
        for (int i = 0; i < count; i++)
        {
            entries[i] = (uint)i;
        }

        long* wait = stackalloc long[2] { 0, 0 };
        fixed (ulong* start = entries)
        {
            KernelResult result = Kernel.Call("ppoll", (nint)start, count, (nint)wait);
            if (!result.Ok)
            {
                throw new IOException($"ppoll(2) of {count} descriptors failed with errno {result.Errno}.");
            }
        }

        var inherited = new List<int>();
        for (int i = 3; i < count; i++)
        {
            if (((entries[i] >> 48) & InvalidDescriptor) == 0 && Kernel.Call("fcntl", i, GetFlags) is { Ok: true } flags && (flags.Value & CloseOnExec) == 0)
            {
                inherited.Add(i);
            }
        }

        return inherited;
    }
}
