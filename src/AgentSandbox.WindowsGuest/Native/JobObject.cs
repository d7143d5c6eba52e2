using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.WindowsGuest.Native;

/// <summary>
/// A job object: all processes of one command, whatever they start. They die when its last handle is closed, so also when the guest dies,
/// and none may leave it.
/// </summary>
internal sealed unsafe class JobObject : SafeHandleZeroOrMinusOneIsInvalid
{
    /// <summary>The exit code that processes get from <see cref="Terminate"/>: no program gives it by chance.</summary>
    public const uint KilledExitCode = 0xA65B0009;

    private const uint KillOnClose = 0x2000;
    private const uint DieOnUnhandledException = 0x400;
    private const int BasicAccounting = 1;
    private const int ExtendedLimits = 9;

    private JobObject(nint handle)
        : base(ownsHandle: true) => SetHandle(handle);

    /// <summary>Processes in the job that have not ended.</summary>
    public int ActiveProcesses
    {
        get
        {
            Accounting accounting;
            return QueryInformationJobObject(handle, BasicAccounting, &accounting, (uint)sizeof(Accounting), null) != 0 ? (int)accounting.ActiveProcesses : 0;
        }
    }

    /// <summary>Makes a job.</summary>
    /// <returns>The job.</returns>
    /// <exception cref="Win32Exception">It can't be made.</exception>
    public static JobObject Create()
    {
        nint handle = CreateJobObject(null, null);
        if (handle == 0)
        {
            throw new Win32Exception(Marshal.GetLastWin32Error());
        }

        var job = new JobObject(handle);
        var limits = new Limits { Flags = KillOnClose | DieOnUnhandledException };
        if (SetInformationJobObject(handle, ExtendedLimits, &limits, (uint)sizeof(Limits)) == 0)
        {
            int error = Marshal.GetLastWin32Error();
            job.Dispose();
            throw new Win32Exception(error);
        }

        return job;
    }

    /// <summary>Puts a process in the job that has not run yet.</summary>
    /// <param name="process">Its handle.</param>
    /// <exception cref="Win32Exception">It can't be put there.</exception>
    public void Assign(nint process)
    {
        if (AssignProcessToJobObject(handle, process) == 0)
        {
            throw new Win32Exception(Marshal.GetLastWin32Error());
        }
    }

    /// <summary>Ends all processes of the job, as SIGKILL does. Those that are ending already are not touched.</summary>
    public void Terminate() => _ = TerminateJobObject(handle, KilledExitCode);

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Kernel32.CloseHandle(handle) != 0;

    [DllImport("kernel32.dll", EntryPoint = "CreateJobObjectW", SetLastError = true, ExactSpelling = true)]
    private static extern nint CreateJobObject(void* attributes, char* name);

    [DllImport("kernel32.dll", SetLastError = true, ExactSpelling = true)]
    private static extern int SetInformationJobObject(nint job, int type, void* information, uint size);

    [DllImport("kernel32.dll", SetLastError = true, ExactSpelling = true)]
    private static extern int QueryInformationJobObject(nint job, int type, void* information, uint size, uint* returned);

    [DllImport("kernel32.dll", SetLastError = true, ExactSpelling = true)]
    private static extern int AssignProcessToJobObject(nint job, nint process);

    [DllImport("kernel32.dll", SetLastError = true, ExactSpelling = true)]
    private static extern int TerminateJobObject(nint job, uint code);

    /// <summary>JOBOBJECT_BASIC_ACCOUNTING_INFORMATION.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Accounting
    {
        public long UserTime;
        public long KernelTime;
        public long PeriodUserTime;
        public long PeriodKernelTime;
        public uint PageFaults;
        public uint Processes;
        public uint ActiveProcesses;
        public uint TerminatedProcesses;
    }

    /// <summary>JOBOBJECT_EXTENDED_LIMIT_INFORMATION.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Limits
    {
        public long ProcessTime;
        public long JobTime;
        public uint Flags;
        public nuint MinimumWorkingSet;
        public nuint MaximumWorkingSet;
        public uint ActiveProcesses;
        public nuint Affinity;
        public uint Priority;
        public uint Scheduling;
        public fixed ulong Io[6];
        public nuint ProcessMemory;
        public nuint JobMemory;
        public nuint PeakProcessMemory;
        public nuint PeakJobMemory;
    }
}
