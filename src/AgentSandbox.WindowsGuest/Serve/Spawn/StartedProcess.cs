using AgentSandbox.WindowsGuest.Native;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.WindowsGuest.Serve.Spawn;

/// <summary>A process that was made and does not run yet, with its job and the guest's ends of its pipes, all of which belong to the owner of this.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Process">Its handle.</param>
/// <param name="Thread">Its first thread, until it is resumed.</param>
/// <param name="Job">What it and all that it starts are in.</param>
/// <param name="StandardInput">The writing end, or null.</param>
/// <param name="StandardOutput">The reading end.</param>
/// <param name="StandardError">The reading end.</param>
internal sealed record StartedProcess(
    int Id, SafeWaitHandle Process, SafeWaitHandle Thread, JobObject Job, SafeFileHandle? StandardInput, SafeFileHandle StandardOutput, SafeFileHandle StandardError)
{
    /// <summary>Lets it run.</summary>
    public void Resume()
    {
        _ = Kernel32.ResumeThread(Thread.DangerousGetHandle());
        Thread.Dispose();
    }

    /// <summary>How it ended.</summary>
    /// <returns>All 32 bits of its exit code.</returns>
    public unsafe uint ExitCode()
    {
        uint code;
        return Kernel32.GetExitCodeProcess(Process.DangerousGetHandle(), &code) != 0 ? code : 0;
    }

    /// <summary>Ends the one process, as SIGKILL does.</summary>
    public void Terminate() => _ = Kernel32.TerminateProcess(Process.DangerousGetHandle(), JobObject.KilledExitCode);
}
