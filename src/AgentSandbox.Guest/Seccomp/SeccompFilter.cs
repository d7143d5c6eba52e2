using AgentSandbox.Seccomp;
using System.Runtime.InteropServices;

namespace AgentSandbox.Guest.Seccomp;

/// <summary>
/// Narrows the kernel interface for this process and all that it will start, for good. One filter for every backend, in force before any
/// payload; see <see cref="SyscallPolicy"/> for what it leaves.
/// </summary>
internal static unsafe partial class SeccompFilter
{
    private const long SetModeFilter = 1;
    private const long ThreadSync = 1;

    [StructLayout(LayoutKind.Sequential)]
    private struct SocketFilterProgram
    {
        public ushort Length;
        public BpfInstruction* Filter;
    }

    /// <summary>
    /// Installs the filter on every thread of this process. The caller has set no_new_privs, or is root: the kernel asks for one of them.
    /// </summary>
    /// <param name="denySetIdBits">No file may get a set-user-id or set-group-id bit; say so when a folder of the host is writable.</param>
    /// <param name="allowances">What is opened on top of the policy; null is nothing.</param>
    /// <exception cref="PlatformNotSupportedException">There is no table for this architecture. Nothing may be started.</exception>
    /// <exception cref="InvalidOperationException">The kernel refused the filter. Nothing may be started.</exception>
    public static void Install(bool denySetIdBits = false, IEnumerable<SandboxAllowance>? allowances = null)
    {
        SyscallArchitecture architecture = SyscallArchitecture.Current();
        BpfInstruction[] program = BpfCompiler.Compile(architecture, SyscallPolicy.Rules(denySetIdBits, allowances));
        long result;
        int errno;
        fixed (BpfInstruction* filter = program)
        {
            var argument = new SocketFilterProgram { Length = checked((ushort)program.Length), Filter = filter };
            result = Syscall(architecture.Numbers["seccomp"], SetModeFilter, ThreadSync, &argument);
            errno = Marshal.GetLastPInvokeError();
        }

        if (result != 0)
        {
            // A positive result is the id of a thread that the kernel could not bring along: it has a filter that this process has not.
            throw new InvalidOperationException(result > 0
                ? $"The kernel could not put thread {result} under the system call filter."
                : $"The kernel refused the system call filter (seccomp(2), errno {errno}).");
        }
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial long Syscall(long number, long operation, long flags, SocketFilterProgram* program);
}
