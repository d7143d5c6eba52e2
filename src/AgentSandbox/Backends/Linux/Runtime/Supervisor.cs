using System.Globalization;
using System.Text;
using System.Text.Json;
using AgentSandbox.Backends.Linux.ControlGroups;
using AgentSandbox.Backends.Linux.Native;
using AgentSandbox.Images;
using AgentSandbox.State;

namespace AgentSandbox.Backends.Linux.Runtime;

/// <summary>
/// The process that owns one running sandbox. It has a mount namespace of its own, so that every mount it makes ends with the sandbox,
/// also when it is killed; it keeps the sandbox's deadlines; and it cleans up when the sandbox ends. Nobody talks to it: to end a sandbox
/// its processes are killed, and the supervisor notices. One thread, so that its memory stays small and unshare(2) reaches all of it.
/// </summary>
public sealed class Supervisor
{
    private static readonly TimeSpan s_check = TimeSpan.FromSeconds(1);
    private readonly SandboxHome _home;
    private readonly SandboxRecord _record;
    private readonly SandboxPaths _paths;
    private readonly ControlGroup _group;
    private readonly GuestLauncher _launcher;
    private int _launcherId;
    private int _leaderId;

    private Supervisor(SandboxHome home, SandboxRecord record)
    {
        _home = home;
        _record = record;
        _paths = new SandboxPaths(home, record.Id);
        _group = new ControlGroup(ControlGroupHierarchy.Detect(), record.Id);
        _launcher = BackendRegistry.Local(home).OfType<LinuxBackend>().Single(b => b.Name == record.Specification.Backend).Launcher;
    }

    /// <summary>Runs a sandbox to its end. Says on standard output when commands can run, or why not.</summary>
    /// <param name="id">The sandbox's id; its record must exist.</param>
    /// <returns>Exit code: 0 when it ended as asked, else 1.</returns>
    public static int Run(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        _ = Libc.SetSid(); // Fails only for a session leader, which is as good.
        var home = new SandboxHome();
        try
        {
            SandboxRecord record = new RecordStore(home).TryRead(id)
                ?? throw new SandboxException(SandboxErrorId.SandboxNotFound, "The sandbox does not exist any more.", "Create it again.", id);
            return new Supervisor(home, record).Run();
        }
        catch (SandboxException e)
        {
            ReportFailure(new SupervisorReport { ErrorId = e.ErrorId, Message = e.Message, RecommendedAction = e.RecommendedAction });
            return 1;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            ReportFailure(new SupervisorReport
            {
                ErrorId = (e is LinuxException linux ? linux.Errno : e.HResult) == Errno.ENOSPC ? SandboxErrorId.DiskFull : SandboxErrorId.StartFailed,
                Message = $"The sandbox could not be started: {e.Message}",
                RecommendedAction = "Check the disk and the log of the machine. docs/errors.md says more.",
            });
            return 1;
        }
    }

    private int Run()
    {
        using FileLock held = FileLock.TryTake(_paths.SupervisorLock)
            ?? throw new SandboxException(SandboxErrorId.SandboxBusy, "The sandbox has a supervisor already.", "Wait a moment, and look at it with Get-AgentSandbox.", _record.Name);
        WriteState(SandboxState.Creating, null);
        int process;
        try
        {
            process = Start();
            WriteState(SandboxState.Running, null);
            Report(new SupervisorReport());
            DetachOutput();
            CodePages.LetGo();
        }
        catch
        {
            End();
            throw;
        }

        using var processFd = new FileDescriptor(process);
        Ending ending = WaitForEnd(processFd);
        // When another process is at it already (removing it, say) its time being over changes nothing: that process does the rest.
        using FileLock? operation = ending == Ending.Expired ? FileLock.TryTake(_paths.OperationLock) : null;
        if (operation is null)
        {
            bool asked = ending != Ending.Ended || File.Exists(_paths.StopRequest);
            string? reason = asked ? null : Reason();
            End();
            WriteState(asked ? SandboxState.Stopped : SandboxState.Failed, reason);
            return asked ? 0 : 1;
        }

        End();
        SandboxRemains.DeleteFolders(_home, _record.Id);
        new RecordStore(_home).Forget(_record.Id);
        return 0;
    }

    /// <summary>Builds the place and starts the guest in it.</summary>
    /// <returns>A pidfd of what was started.</returns>
    private int Start()
    {
        Errno.Check(Libc.Unshare(Libc.CLONE_NEWNS), "make a mount namespace");
        Errno.Check(Libc.Mount(null, "/", null, Libc.MS_REC | Libc.MS_PRIVATE, null), "make all mounts private");
        Errno.Check(Libc.ChDir(_paths.Runtime), $"enter {_paths.Runtime}");

        SandboxSpecification specification = _record.Specification;
        SandboxImage image = new ImageStore(_home).Get(specification.Image);
        SandboxUser user = default;
        new RootBuilder(_record, image, _paths, _launcher.PlanRoot(_record))
            .Build(root => user = _launcher.HostUser(_record, root), root => _launcher.Prepare(_record, root));

        _group.Create(new SandboxLimits { Memory = specification.Memory ?? 0, Cpu = specification.Cpu ?? 0, Pids = specification.PidLimit ?? 0 });
        using FileDescriptor socket = GuestSocket.Bind(SandboxPaths.SocketName);
        _launcherId = Launch(socket, user);
        int process = Errno.Check(Libc.PidFdOpen(_launcherId), "open the started process");
        GuestHandshake.Run(SandboxPaths.SocketName, process, () => LogTail(), _record.Name);
        _leaderId = FindLeader();
        if (specification.Allows(SandboxAllowance.ControlGroups))
        {
            _group.BoundChildren();
            DelegatedGroups.GiveTo(_leaderId, _record.IdBase, user.Uid, user.Gid);
        }
        else if (_launcher.HasProcessNamespace)
        {
            DelegatedGroups.TakeBack(_leaderId, _record.IdBase);
        }

        return process;
    }

    /// <summary>
    /// The started program joins the control group itself, before it becomes systemd-nspawn: no moment in which it is outside. LISTEN_PID
    /// must be its own id, which only it knows. Descriptor 4 is the lifeline: the guest ends when its other end, ours, is gone.
    /// </summary>
    private int Launch(FileDescriptor socket, SandboxUser user)
    {
        const string Script = "for f in $GROUPS_TO_JOIN; do echo 0 > \"$f/cgroup.procs\" || exit 71; done; unset GROUPS_TO_JOIN; export LISTEN_PID=$$; exec \"$@\"";
        string root = Path.Combine(_paths.Runtime, "root");
        List<string> environment = [.. _launcher.Environment, "LISTEN_FDS=2", "GROUPS_TO_JOIN=" + string.Join(' ', _group.Folders)];
        (FileDescriptor read, FileDescriptor write) = Lifeline.Create();
        using (read)
        using (FileDescriptor log = FileDescriptor.Open(_paths.Log, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_TRUNC | Libc.O_APPEND, 0x180))
        using (FileDescriptor none = FileDescriptor.Open("/dev/null", Libc.O_RDWR))
        {
            _lifeline = write;
            // High numbers first: dup2 onto 3 and 4 must not overwrite a descriptor that is still to be copied.
            using FileDescriptor high = Lifeline.AtLeast(socket.Value, 20), highRead = Lifeline.AtLeast(read.Value, 20), highLog = Lifeline.AtLeast(log.Value, 20);
            return ChildProcess.Spawn(
                "/bin/sh",
                ["sh", "-c", Script, "sh", .. _launcher.CommandLine(_record, user, root)],
                environment,
                [(none.Value, 0), (highLog.Value, 1), (highLog.Value, 2), (high.Value, 3), (highRead.Value, 4)]);
        }
    }

    private FileDescriptor? _lifeline;

    private enum Ending
    {
        Ended,
        Idle,
        Expired,
    }

    private unsafe Ending WaitForEnd(FileDescriptor process)
    {
        while (true)
        {
            TimeSpan? wait = _record.Expires - DateTimeOffset.UtcNow;
            if (wait <= TimeSpan.Zero || (_record.ThrowAway && !FileLock.IsHeld(_paths.OwnerLock)))
            {
                return Ending.Expired;
            }

            if (IdleTime() >= _record.Specification.IdleTimeout)
            {
                return Ending.Idle;
            }

            if ((_record.ThrowAway || _record.Specification.IdleTimeout is not null) && (wait is null || wait > s_check))
            {
                wait = s_check;
            }

            var poll = new Libc.PollFd { Fd = process.Value, Events = Libc.POLLIN };
            // Rounded up, so that a deadline is never met early by a round of zero.
            int milliseconds = wait is null ? -1 : (int)Math.Min(wait.Value.TotalMilliseconds + 1, 3_600_000);
            if (Libc.Poll(&poll, 1, milliseconds) > 0)
            {
                int status;
                _ = Libc.WaitPid(_launcherId, &status, 0);
                return Ending.Ended;
            }
        }
    }

    private TimeSpan IdleTime() =>
        !File.Exists(_paths.Activity) ? TimeSpan.FromMilliseconds(Environment.TickCount64) - _started
        : FileLock.IsHeld(_paths.Activity) ? TimeSpan.Zero
        : DateTime.UtcNow - File.GetLastWriteTimeUtc(_paths.Activity);

    private readonly TimeSpan _started = TimeSpan.FromMilliseconds(Environment.TickCount64);

    /// <summary>Ends all processes, gives the control group and the mounts back. The disk is unmounted here and now, not some time after this process.</summary>
    private void End()
    {
        _lifeline?.Dispose();
        SandboxRemains.EndProcesses(_record.Id);
        // Where one was never mounted, or this fails, the end of the namespace does it.
        _ = Libc.Umount2("root", Libc.MNT_DETACH);
        _ = Libc.Umount2("lower", Libc.MNT_DETACH);
        if (Libc.Umount2("disk", 0) != 0)
        {
            _ = Libc.Umount2("disk", Libc.MNT_DETACH);
        }
    }

    private int FindLeader()
    {
        if (!_launcher.HasProcessNamespace)
        {
            return _launcherId;
        }

        foreach (int pid in _group.Processes())
        {
            string? line = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/status")).FirstOrDefault(l => l.StartsWith("NSpid:", StringComparison.Ordinal));
            if (line?.Split('\t') is [_, _, "1"])
            {
                return pid;
            }
        }

        throw new SandboxException(SandboxErrorId.StartFailed, "The sandbox's first process is not to be found.", "Create the sandbox again.", _record.Name);
    }

    private string Reason()
    {
        string tail = LogTail();
        return tail.Length > 0 ? $"It ended by itself: {tail}" : "It ended by itself: its guest program, or what runs it, was killed.";
    }

    /// <summary>The end of what systemd-nspawn and the guest wrote, as one line with no control characters.</summary>
    private string LogTail()
    {
        if (!File.Exists(_paths.Log))
        {
            return "";
        }

        const int Length = 600;
        using FileStream stream = File.OpenRead(_paths.Log);
        stream.Position = Math.Max(0, stream.Length - Length);
        byte[] bytes = new byte[Length];
        int read = stream.ReadAtLeast(bytes, Length, throwOnEndOfStream: false);
        string[] lines = [.. Encoding.UTF8.GetString(bytes, 0, read).Split('\n').Select(l => string.Concat(l.Where(c => !char.IsControl(c))).Trim()).Where(l => l.Length > 0)];
        return string.Join(" / ", lines);
    }

    private void WriteState(SandboxState state, string? reason) =>
        StateFile.Write(
            _paths.State,
            new RuntimeState { State = state, Reason = reason, SupervisorId = Environment.ProcessId, LauncherId = _launcherId, LeaderId = _leaderId },
            StateJson.Default.RuntimeState);

    private static void ReportFailure(SupervisorReport report)
    {
        try
        {
            Report(report);
        }
        catch (IOException)
        {
            // The process that asked for the sandbox was killed: there is nobody to tell, and everything has been cleaned up.
        }
    }

    private static void Report(SupervisorReport report)
    {
        using Stream output = Console.OpenStandardOutput();
        output.Write([.. JsonSerializer.SerializeToUtf8Bytes(report, StateJson.Compact.SupervisorReport), (byte)'\n']);
    }

    /// <summary>Lets go of the caller's pipes, so that it sees their end and can itself end. What would be said about a fault from now on goes into the log.</summary>
    private void DetachOutput()
    {
        using FileDescriptor none = FileDescriptor.Open("/dev/null", Libc.O_RDWR);
        using FileDescriptor log = FileDescriptor.Open(_paths.Log, Libc.O_WRONLY | Libc.O_APPEND);
        Errno.Check(Libc.Dup2(none.Value, 0), "detach from the caller");
        Errno.Check(Libc.Dup2(none.Value, 1), "detach from the caller");
        Errno.Check(Libc.Dup2(log.Value, 2), "detach from the caller");
    }
}
