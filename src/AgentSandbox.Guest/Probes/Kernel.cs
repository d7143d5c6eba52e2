using System.Runtime.InteropServices;
using System.Text;
using AgentSandbox.Guest.Seccomp;

namespace AgentSandbox.Guest.Probes;

/// <summary>What a system call answered.</summary>
/// <param name="Value">Its result; -1 when it failed.</param>
/// <param name="Errno">Why it failed, else 0.</param>
internal readonly record struct KernelResult(nint Value, int Errno)
{
    public bool Ok => Errno == 0;
}

/// <summary>Raw system calls by name, so that a probe asks the kernel and not a library that might answer by itself.</summary>
internal static unsafe partial class Kernel
{
    private const int CurrentFolder = -100; // AT_FDCWD
    private static readonly Dictionary<string, int> s_numbers = SyscallArchitecture.Current().Numbers;

    /// <summary>Makes a system call whose arguments are numbers or pinned addresses.</summary>
    public static KernelResult Call(string name, nint a = 0, nint b = 0, nint c = 0, nint d = 0, nint e = 0)
    {
        nint value = Syscall(s_numbers[name], a, b, c, d, e, 0);
        return new KernelResult(value, value == -1 ? Marshal.GetLastPInvokeError() : 0);
    }

    /// <summary>Makes a system call whose first argument is a path, or whose second is when the first is a folder.</summary>
    public static KernelResult CallPath(string name, string path, nint b = 0, nint c = 0)
    {
        bool at = name.EndsWith("at", StringComparison.Ordinal);
        fixed (byte* text = Encoding.UTF8.GetBytes(path + '\0'))
        {
            return at ? Call(name, CurrentFolder, (nint)text, b, c) : Call(name, (nint)text, b, c);
        }
    }

    /// <summary>Reads at most 4 KiB from a descriptor.</summary>
    public static KernelResult Read(nint descriptor, out string text)
    {
        byte[] buffer = new byte[4096];
        fixed (byte* start = buffer)
        {
            KernelResult result = Call("read", descriptor, (nint)start, buffer.Length);
            text = result.Ok ? Encoding.UTF8.GetString(buffer, 0, (int)result.Value) : "";
            return result;
        }
    }

    /// <summary>Writes a text to a descriptor.</summary>
    public static KernelResult Write(nint descriptor, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        fixed (byte* start = bytes)
        {
            return Call("write", descriptor, (nint)start, bytes.Length);
        }
    }

    public static void Close(nint descriptor) => Call("close", descriptor);

    /// <summary>
    /// Makes a child that runs nothing but <paramref name="child"/> with one argument and then exits with the errno of that system call.
    /// Namespaces can't be tried in this process, which has threads. With SIGCHLD alone and "pause" the child waits to be killed.
    /// </summary>
    /// <returns>The child's process id or the error of clone.</returns>
    public static KernelResult Child(nint cloneFlags, string? child = null, nint argument = 0)
    {
        // Everything that the child needs is looked up before it exists: between its birth and its end it may not allocate, or wait for a runtime
        // whose other threads it has not.
        nint clone = s_numbers["clone"];
        nint call = child is null ? -1 : s_numbers[child];
        nint exit = s_numbers["exit_group"];
        int* errno = ErrnoLocation();
        nint pid = RawSyscall(clone, cloneFlags, 0, 0, 0, 0, 0);
        if (pid == 0)
        {
            nint result = call < 0 ? 0 : RawSyscall(call, argument, 0, 0, 0, 0, 0);
            RawSyscall(exit, result == -1 ? *errno : 0, 0, 0, 0, 0, 0);
        }

        return new KernelResult(pid, pid == -1 ? *errno : 0);
    }

    /// <summary>Waits for a child.</summary>
    /// <returns>Its exit code, or 128 and the signal that killed it.</returns>
    public static int Wait(nint pid)
    {
        int status = 0;
        while (Call("wait4", pid, (nint)(&status), 0x4000_0000 /* __WALL */).Errno == 4 /* EINTR */)
        {
        }

        return (status & 0x7F) == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F);
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Syscall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);

    [LibraryImport("libc", EntryPoint = "syscall")]
    [SuppressGCTransition]
    private static partial nint RawSyscall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);

    [LibraryImport("libc", EntryPoint = "__errno_location")]
    [SuppressGCTransition]
    private static partial int* ErrnoLocation();
}
