using System.Diagnostics.CodeAnalysis;
using AgentSandbox.Guest.Native;

namespace AgentSandbox.Guest.Serve.Spawn;

/// <summary>
/// The new process between fork(2) and execve(2). It is a copy of the guest with this one thread: it must not allocate, throw, or use anything
/// with an initializer, a lock or an interface call. Plain fork, not vfork: the two share no memory, so that a command's user who stops or
/// traces the child reaches nothing of the guest, and the guest does not wait for it.
/// </summary>
internal static unsafe class Child
{
    /// <summary>Becomes the command, or reports why not.</summary>
    /// <param name="plan">What to become.</param>
    [DoesNotReturn]
    public static void Become(ChildPlan* plan)
    {
        ChildFailure failure;
        failure.Program = 0;
        failure.Stage = Prepare(plan);
        failure.Errno = Libc.Errno;
        if (failure.Stage == ChildStage.Execute)
        {
            Execute(plan, &failure);
        }

        _ = Libc.Write(StatusDescriptor, (byte*)&failure, sizeof(ChildFailure));
        Libc.ExitNow(127);
        throw null!; // Not reached; _exit(2) has no return.
    }

    private const int StatusDescriptor = 3;
    private const int SelfDescriptor = 4;

    /// <summary>Returns <see cref="ChildStage.Execute"/> when all went well, else the step that failed, with errno set.</summary>
    private static ChildStage Prepare(ChildPlan* plan)
    {
        // The sources are all above 4: the guest keeps 0-3 occupied, and its event loop has the next number.
        if (Libc.Dup2(plan->StandardInput, 0) < 0
            || Libc.Dup2(plan->StandardOutput, 1) < 0
            || Libc.Dup2(plan->StandardError, 2) < 0
            || Libc.Dup3(plan->StatusPipe, StatusDescriptor, Os.O_CLOEXEC) < 0
            || (plan->SelfExecutable >= 0 && Libc.Dup3(plan->SelfExecutable, SelfDescriptor, Os.O_CLOEXEC) < 0))
        {
            return ChildStage.Descriptors;
        }

        int firstUnused = plan->SelfExecutable >= 0 ? SelfDescriptor + 1 : SelfDescriptor;
        if (Libc.Syscall(Os.SYS_close_range, firstUnused, int.MaxValue, 0, 0, 0) != 0)
        {
            CloseEach(firstUnused);
        }

        if (Libc.SetSid() < 0)
        {
            return ChildStage.Session;
        }

        if (plan->HasTerminal && Libc.Ioctl(0, Os.TIOCSCTTY, null) != 0)
        {
            return ChildStage.Terminal;
        }

        ResetSignals();
        if (!SetLimits(plan))
        {
            return ChildStage.Limits;
        }

        return Rights(plan);
    }

    private static void CloseEach(int first)
    {
        ResourceLimit limit;
        _ = Libc.PrLimit(0, Os.RLIMIT_NOFILE, null, &limit);
        for (int fd = first; fd < (int)Math.Min(limit.Soft, 65536); fd++)
        {
            _ = Libc.Close(fd);
        }
    }

    /// <summary>Default actions first, then the mask: nothing that is pending may meet a disposition of the guest.</summary>
    private static void ResetSignals()
    {
        // The bare call: the C library keeps two signals to itself, which a launcher may have left ignored. All zero is SIG_DFL, no flags, no mask.
        ulong* action = stackalloc ulong[4] { 0, 0, 0, 0 };
        for (int signal = 1; signal <= Os.MaxSignal; signal++)
        {
            _ = Libc.Syscall(Os.SYS_rt_sigaction, signal, (nint)action, 0, sizeof(ulong), 0); // Fails for SIGKILL and SIGSTOP, which have no other.
        }

        SignalSet none = default;
        _ = Libc.SigProcMask(Os.SIG_SETMASK, &none, null);
    }

    private static bool SetLimits(ChildPlan* plan)
    {
        RaiseOomScore(plan);
        ResourceLimit marker;
        marker.Soft = plan->Marker; // Both, or a program could give itself the mark of another command by raising its own.
        marker.Hard = plan->Marker;
        return (plan->Marker == 0 || Libc.PrLimit(0, plan->MarkerResource, &marker, null) == 0)
            && Libc.PrLimit(0, Os.RLIMIT_NOFILE, &plan->OpenFiles, null) == 0;
    }

    /// <summary>
    /// When memory runs out a command is killed before the guest, whose end would be the sandbox's. Raising the command's score needs no
    /// right, unlike lowering the guest's.
    /// </summary>
    private static void RaiseOomScore(ChildPlan* plan)
    {
        if (!plan->ChangeUser)
        {
            // A process that may not be dumped belongs to root in /proc; the guest's descriptors are closed by now.
            _ = Libc.Prctl(Os.PR_SET_DUMPABLE, 1, 0, 0, 0);
        }

        fixed (byte* path = "/proc/self/oom_score_adj\0"u8)
        {
            int fd = Libc.Open(path, Os.O_WRONLY | Os.O_NONBLOCK | Os.O_NOFOLLOW | Os.O_CLOEXEC, 0);
            if (fd >= 0)
            {
                fixed (byte* score = "300"u8)
                {
                    _ = Libc.Write(fd, score, 3); // Where it is refused, the kernel may choose the guest; nothing else.
                }

                _ = Libc.Close(fd);
            }
        }

        // Until execve(2) this memory is a copy of the guest's.
        _ = Libc.Prctl(Os.PR_SET_DUMPABLE, 0, 0, 0, 0);
    }

    private static ChildStage Rights(ChildPlan* plan)
    {
        if (plan->DropCapabilities && !ChildCapabilities.DropBoundingSet(plan->KeptCapability))
        {
            return ChildStage.Capabilities;
        }

        if (plan->ChangeUser)
        {
            // The bare calls: the C library's would ask all threads to follow, and those exist only in the parent.
            if (Libc.Syscall(Os.SYS_setgroups, plan->GroupCount, (nint)plan->Groups, 0, 0, 0) != 0)
            {
                return ChildStage.Groups;
            }

            if (Libc.Syscall(Os.SYS_setresgid, (nint)plan->GroupId, (nint)plan->GroupId, (nint)plan->GroupId, 0, 0) != 0)
            {
                return ChildStage.Group;
            }

            if (Libc.Syscall(Os.SYS_setresuid, (nint)plan->UserId, (nint)plan->UserId, (nint)plan->UserId, 0, 0) != 0)
            {
                return ChildStage.User;
            }
        }

        // As the user, and while root still has its capabilities: both are what the user may expect.
        fixed (byte* root = "/\0"u8)
        {
            if (Libc.Chdir(plan->WorkingDirectory) != 0 && !(plan->WorkingDirectoryIsOptional && Libc.Chdir(root) == 0))
            {
                return ChildStage.WorkingDirectory;
            }
        }

        return plan->DropCapabilities && !ChildCapabilities.DropSets(plan->KeptCapability) ? ChildStage.Capabilities : ChildStage.Execute;
    }

    /// <summary>Returns only on failure, as execvp(3): a later path is tried when the earlier one is not there or may not be executed.</summary>
    private static void Execute(ChildPlan* plan, ChildFailure* failure)
    {
        byte** arguments = plan->Arguments + 1;
        if (plan->SelfExecutable >= 0)
        {
            byte empty = 0;
            _ = Libc.Syscall(Os.SYS_execveat, SelfDescriptor, (nint)(&empty), (nint)arguments, (nint)plan->Environment, Os.AT_EMPTY_PATH);
            failure->Errno = Libc.Errno;
            return;
        }

        failure->Errno = Errno.ENOENT;
        bool denied = false;
        for (int i = 0; plan->Programs[i] != null; i++)
        {
            if (plan->NameIsPath)
            {
                arguments[0] = plan->Programs[i];
            }

            _ = Libc.Execve(plan->Programs[i], arguments, plan->Environment);
            int errno = Libc.Errno;
            if (errno == Errno.ENOENT && Libc.Access(plan->Programs[i], 0) == 0)
            {
                failure->Stage = ChildStage.Interpreter;
                failure->Errno = errno;
                failure->Program = i;
                return;
            }

            if (errno == Errno.ENOEXEC)
            {
                errno = ExecuteAsScript(plan, plan->Programs[i]);
            }

            if (errno == Errno.EACCES)
            {
                denied = true;
                failure->Program = i;
            }
            else if (errno is not (Errno.ENOENT or Errno.ENOTDIR or Errno.ESTALE or Errno.ENODEV or Errno.ETIMEDOUT))
            {
                failure->Errno = errno;
                failure->Program = i;
                return;
            }
        }

        failure->Errno = denied ? Errno.EACCES : failure->Errno;
    }

    /// <summary>A file that the kernel can't execute is a shell script, unless it looks binary; so do shells.</summary>
    private static int ExecuteAsScript(ChildPlan* plan, byte* program)
    {
        int fd = Libc.Open(program, Os.O_RDONLY | Os.O_NONBLOCK | Os.O_CLOEXEC, 0);
        if (fd < 0)
        {
            return Libc.Errno;
        }

        byte* start = stackalloc byte[128];
        nint length = Libc.Read(fd, start, 128);
        _ = Libc.Close(fd);
        for (nint i = 0; i < length; i++)
        {
            if (start[i] == 0)
            {
                return Errno.ENOEXEC;
            }
        }

        fixed (byte* shell = "/bin/sh\0"u8)
        {
            plan->Arguments[0] = shell;
            plan->Arguments[1] = program;
            _ = Libc.Execve(shell, plan->Arguments, plan->Environment);
            return Libc.Errno == Errno.E2BIG ? Errno.E2BIG : Errno.ENOEXEC;
        }
    }
}
