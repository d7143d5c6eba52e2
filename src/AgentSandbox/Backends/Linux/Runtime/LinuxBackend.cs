using System.Net.Sockets;
using System.Runtime.InteropServices;
using AgentSandbox.Backends.Linux.ControlGroups;
using AgentSandbox.Backends.Linux.Local;
using AgentSandbox.Backends.Linux.Native;
using AgentSandbox.State;

namespace AgentSandbox.Backends.Linux.Runtime;

/// <summary>What the backends on this machine's own kernel share: the supervisor, limits, the socket, stopping and cleaning up.</summary>
internal abstract class LinuxBackend(SandboxHome home) : ILocalBackend
{
    private const string SupervisorKilled = "Its supervisor was killed.";
    private const long DefaultMemory = 1L << 30;
    private const int DefaultPids = 512;
    private const long DefaultDisk = 2L << 30;

    /// <summary>The state folder.</summary>
    protected SandboxHome Home { get; } = home;

    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <summary>How it starts the guest.</summary>
    internal abstract GuestLauncher Launcher { get; }

    /// <summary>See <see cref="BackendInfo.Strength"/>.</summary>
    protected abstract int Strength { get; }

    /// <summary>See <see cref="BackendInfo.SecurityBoundary"/>.</summary>
    protected abstract bool SecurityBoundary { get; }

    /// <summary>Whether a sandbox has this machine's own device nodes, with their owners and modes, instead of nodes made for it.</summary>
    protected abstract bool SharesDevices { get; }

    /// <summary>See <see cref="BackendInfo.Isolates"/>.</summary>
    protected abstract IReadOnlyList<string> Isolates { get; }

    /// <summary>See <see cref="BackendInfo.DoesNotIsolate"/>.</summary>
    protected abstract IReadOnlyList<string> DoesNotIsolate { get; }

    /// <summary>See <see cref="BackendInfo.Version"/>.</summary>
    protected abstract string? Version();

    /// <summary>Why the backend can't run here, if it can't.</summary>
    protected virtual (string Reason, string Action)? Missing()
    {
        if (!OperatingSystem.IsLinux())
        {
            return ("It needs Linux.", OperatingSystem.IsWindows() ? "Use -Backend Wsl (--backend wsl): it is Nspawn in a Linux distribution of Windows." : "Use it on a Linux machine.");
        }

        if (Libc.GetEUid() != 0)
        {
            SpecificationProblem problem = RootRequired();
            return (problem.Message, problem.RecommendedAction);
        }

        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            return ("This build has its programs for x86-64 only.", "Use an x86-64 machine.");
        }

        if (!Version5_19OrNewer())
        {
            return ($"It needs Linux 5.19 or newer; this is {Environment.OSVersion.Version}.", "Update the kernel.");
        }

        if (ControlGroupHierarchy.Detect().Roots.Count == 0)
        {
            return ("No control groups are mounted, so nothing could be limited or reliably ended.", "Mount them: mount -t cgroup2 none /sys/fs/cgroup");
        }

        return File.Exists("/dev/loop-control") ? null : ("This machine has no loop devices (/dev/loop-control).", "Load the module: modprobe loop");
    }

    /// <inheritdoc/>
    public BackendInfo Describe()
    {
        (string Reason, string Action)? missing = Missing();
        return new BackendInfo
        {
            Name = Name,
            Available = missing is null,
            Version = OperatingSystem.IsLinux() ? Version() : null,
            Strength = Strength,
            SecurityBoundary = SecurityBoundary,
            Isolates = Isolates,
            DoesNotIsolate = DoesNotIsolate,
            ErrorId = missing?.Reason == RootRequired().Message ? SandboxErrorId.RootRequired : null,
            Reason = missing?.Reason,
            RecommendedAction = missing?.Action,
        };
    }

    /// <inheritdoc/>
    public virtual SandboxSpecification ApplyDefaults(SandboxSpecification specification)
    {
        ArgumentNullException.ThrowIfNull(specification);
        return specification with
        {
            Backend = Name,
            Memory = specification.Memory ?? DefaultMemory,
            Cpu = specification.Cpu ?? 1,
            PidLimit = specification.PidLimit ?? DefaultPids,
            DiskLimit = specification.DiskLimit ?? DefaultDisk,
        };
    }

    /// <inheritdoc/>
    public virtual IEnumerable<SpecificationProblem> Validate(SandboxSpecification specification)
    {
        if (specification.Allows(SandboxAllowance.Tun) && GuestAllowances.NetworkDeviceProblem(specification, SharesDevices) is { } device)
        {
            yield return device;
        }

        ControlGroupHierarchy hierarchy = ControlGroupHierarchy.Detect();
        foreach ((string controller, string parameter, bool asked) in new[]
        {
            ("memory", "Memory", specification.Memory > 0), ("pids", "PidLimit", specification.PidLimit > 0), ("cpu", "Cpu", specification.Cpu > 0),
        })
        {
            if (asked && hierarchy.RootOf(controller) is null)
            {
                yield return new(SandboxErrorId.NotEnforceable, parameter, $"This machine has no '{controller}' control group, so {parameter} can't be enforced.", $"Enable the controller, or ask for no limit with -{parameter} 0.");
            }
        }
    }

    /// <inheritdoc/>
    public virtual IReadOnlyList<string> Warnings(SandboxSpecification specification) => [];

    /// <inheritdoc/>
    public Task StartAsync(SandboxRecord record, CancellationToken cancellationToken) =>
        new SupervisorClient(Home, record).StartAsync(cancellationToken);

    /// <inheritdoc/>
    public Task StopAsync(SandboxRecord record, CancellationToken cancellationToken) =>
        new SupervisorClient(Home, record).StopAsync(graceful: true, cancellationToken);

    /// <inheritdoc/>
    public async Task RemoveAsync(SandboxRecord record, CancellationToken cancellationToken)
    {
        await new SupervisorClient(Home, record).StopAsync(graceful: false, cancellationToken);
        SandboxRemains.DeleteFolders(Home, record.Id);
    }

    /// <inheritdoc/>
    public SandboxStatus Inspect(SandboxRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        var paths = new SandboxPaths(Home, record.Id);
        RuntimeState? state = StateFile.TryRead(paths.State, StateJson.Default.RuntimeState);
        if (!FileLock.IsHeld(paths.SupervisorLock))
        {
            return state switch
            {
                null => new SandboxStatus(SandboxState.Stopped),
                { State: SandboxState.Running } => new SandboxStatus(SandboxState.Failed, SupervisorKilled, NeedsRecovery: true),
                { State: SandboxState.Creating } => new SandboxStatus(SandboxState.Failed, SupervisorKilled, NeedsRecovery: true),
                _ => new SandboxStatus(state.State, state.Reason),
            };
        }

        if (state is not { State: SandboxState.Running })
        {
            return new SandboxStatus(state is null ? SandboxState.Creating : state.State, state?.Reason);
        }

        var group = new ControlGroup(ControlGroupHierarchy.Detect(), record.Id);
        return new SandboxStatus(SandboxState.Running, null, state.LeaderId, group.MemoryUsage(), group.CpuTime(), group.Processes().Count(p => p != state.LauncherId || p == state.LeaderId));
    }

    /// <inheritdoc/>
    public void Recover(SandboxRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        SandboxRemains.EndProcesses(record.Id);
        StateFile.Write(
            new SandboxPaths(Home, record.Id).State,
            new RuntimeState { State = SandboxState.Failed, Reason = SupervisorKilled },
            StateJson.Default.RuntimeState);
    }

    /// <inheritdoc/>
    public string? RunId(SandboxRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        var paths = new SandboxPaths(Home, record.Id);
        return FileLock.IsHeld(paths.SupervisorLock) && StateFile.TryRead(paths.State, StateJson.Default.RuntimeState) is { State: SandboxState.Running } state
            ? state.SupervisorId.ToString(System.Globalization.CultureInfo.InvariantCulture)
            : null;
    }

    /// <inheritdoc/>
    public async Task<Stream> ConnectAsync(SandboxRecord record, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(record);
        // A path of a Unix socket has 107 bytes at most (unix(7)); through the folder's descriptor it always fits.
        using FileDescriptor folder = FileDescriptor.Open(Home.SandboxRuntime(record.Id), Libc.O_PATH);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint($"{RootBuilder.ProcPath(folder)}/{SandboxPaths.SocketName}"), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Says that this machine's own sandboxes are root's.</summary>
    /// <returns>The problem.</returns>
    internal static SpecificationProblem RootRequired() =>
        new(SandboxErrorId.RootRequired, "Backend", "Sandboxes on Linux need root: they are made of namespaces, mounts and control groups.", "Run PowerShell as root (sudo pwsh), or sudo agentsandbox.");

    private static bool Version5_19OrNewer() => Environment.OSVersion.Version >= new Version(5, 19);
}
