using AgentSandbox.Guest.Native;

namespace AgentSandbox.Guest.Serve.StartUp;

/// <summary>The guest's own executable, held open so that it can be started again after a chroot and where there is no /proc.</summary>
internal static unsafe class SelfExecutable
{
    /// <summary>Opens it; -1 when it can't be found by any name.</summary>
    /// <param name="configured">The path that <c>--self</c> gives, or null.</param>
    public static int Open(string? configured)
    {
        int fd = FileDescriptor.Open("/proc/self/exe", Os.O_PATH);
        if (fd < 0 && configured is not null)
        {
            fd = FileDescriptor.Open(configured, Os.O_PATH);
        }

        // What the kernel was given as the program's path, getauxval(3).
        byte* started = (byte*)Libc.GetAuxiliaryValue(Os.AT_EXECFN);
        if (fd < 0 && started is not null)
        {
            fd = Libc.Open(started, Os.O_PATH | Os.O_CLOEXEC, 0);
        }

        return fd;
    }

    /// <summary>Replaces this process by a new start of the same executable.</summary>
    /// <returns>Only on failure: errno(3).</returns>
    public static int Restart(int descriptor, IReadOnlyList<string> arguments, IReadOnlyList<string> environment)
    {
        using var argv = new NativeStringArray(arguments);
        using var envp = new NativeStringArray(environment);
        byte empty = 0;
        _ = Libc.Syscall(Os.SYS_execveat, descriptor, (nint)(&empty), (nint)argv.Pointers, (nint)envp.Pointers, Os.AT_EMPTY_PATH);
        return Libc.Errno;
    }
}
