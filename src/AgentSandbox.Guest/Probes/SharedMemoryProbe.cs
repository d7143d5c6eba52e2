using System.Globalization;
using System.Runtime.InteropServices;

namespace AgentSandbox.Guest.Probes;

/// <summary>Whether System V shared memory of the host is there: it has a number and no path, so that no root of its own hides it.</summary>
internal static class SharedMemoryProbe
{
    private const int ReadOnly = 0x1000; // SHM_RDONLY

    /// <summary>Arguments: key of the canary; what it begins with.</summary>
    public static ProbeReport Read(string[] args)
    {
        // The control: memory of the sandbox's own can be made. IPC_RMID (0) at once: it goes with this process.
        KernelResult own = Kernel.Call("shmget", 0, 4096, 0x380 /* IPC_CREAT, rw for the owner */);
        bool control = own.Ok && Kernel.Call("shmctl", own.Value, 0, 0).Ok;

        KernelResult found = Kernel.Call("shmget", int.Parse(args[0], CultureInfo.InvariantCulture), 0, 0);
        KernelResult mapped = found.Ok ? Kernel.Call("shmat", found.Value, 0, ReadOnly) : found;
        if (!mapped.Ok)
        {
            return new ProbeReport(ProbeReport.Closed, mapped.Errno, control, $"shared memory with the key {args[0]}");
        }

        string text = Marshal.PtrToStringUTF8(mapped.Value) ?? "";
        Kernel.Call("shmdt", mapped.Value);
        return ProbeReport.OfSecret(text.StartsWith(args[1], StringComparison.Ordinal) ? text[args[1].Length..] : "", 0, control, $"read shared memory with the key {args[0]}");
    }
}
