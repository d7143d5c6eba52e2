using System.Diagnostics;
using AgentSandbox.Processes;

namespace AgentSandbox;

public sealed partial class SandboxManager
{
    private const int SigUsr1 = 10; // Not SIGQUIT: who was started in the background of a script has that ignored, and hands it down.
    private const int SigKill = 9;
    private const int SigTerm = 15;

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(50);

    /// <summary>Time for a holder to end a process in: what the command gets to end by itself, and some more.</summary>
    private static readonly TimeSpan s_stopPatience = Protocol.ProtocolLimits.KillGrace + TimeSpan.FromSeconds(10);

    /// <summary>Starts a command in the background: it runs on whatever becomes of this process, until it ends, is stopped, or its sandbox ends. It has no standard input.</summary>
    /// <param name="id">The sandbox's id.</param>
    /// <param name="command">The command.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <returns>The process.</returns>
    /// <exception cref="SandboxException">It could not be started; nothing is left of it. <see cref="SandboxErrorId.NotEnforceable"/>: not on this system.</exception>
    public async Task<SandboxProcess> StartProcessAsync(string id, CommandSpecification command, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(command);
        IProcessKeeper? keeper = KeeperOf(id);
        if (keeper is null && !OperatingSystem.IsLinux())
        {
            throw new SandboxException(SandboxErrorId.NotEnforceable, "Background processes are held by a program of Linux; on this system there is none but for Wsl sandboxes.", "Use Invoke-InSandbox -AsJob, whose command ends with this PowerShell.", id);
        }

        if (command.StandardInput)
        {
            throw new SandboxException(SandboxErrorId.InvalidSpecification, "A background process has no standard input.", "Copy the data into the sandbox, and let the command read it there.", id);
        }

        SpecificationValidator.ThrowIfInvalid(command.Environment);
        Sandbox sandbox = Get(id);
        var request = new HolderRequest
        {
            SandboxId = sandbox.Id,
            Display = command.ShellLine ?? string.Join(' ', command.Arguments),
            Arguments = command.Arguments,
            ShellLine = command.ShellLine,
            IsPowerShell = command.IsPowerShell,
            Environment = command.Environment,
            WorkingDirectory = command.WorkingDirectory,
            User = command.User,
            Timeout = command.Timeout,
        };
        return keeper is not null
            ? await keeper.StartProcessAsync(sandbox, request, cancellationToken)
            : GetProcess(sandbox, await HolderLauncher.StartAsync(Home, request, sandbox.Name, cancellationToken));
    }

    /// <summary>Looks at the background processes of a sandbox, also those that have ended.</summary>
    /// <param name="sandbox">The sandbox.</param>
    /// <returns>The processes, by number.</returns>
    public IReadOnlyList<SandboxProcess> ListProcesses(Sandbox sandbox)
    {
        ArgumentNullException.ThrowIfNull(sandbox);
        return KeeperOf(sandbox.Id) is { } keeper
            ? Task.Run(() => keeper.ListProcessesAsync(sandbox.Id, CancellationToken.None)).GetAwaiter().GetResult()
            : [.. ProcessFolder.All(Home, sandbox.Id).Select(folder => ProcessStore.TryLook(folder, sandbox.Id, sandbox.Name)).OfType<SandboxProcess>()];
    }

    /// <summary>Looks at one background process.</summary>
    /// <param name="sandbox">The sandbox.</param>
    /// <param name="process">Its number.</param>
    /// <returns>The process as it is now.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ProcessNotFound"/>.</exception>
    public SandboxProcess GetProcess(Sandbox sandbox, int process)
    {
        ArgumentNullException.ThrowIfNull(sandbox);
        return TryLook(sandbox.Id, sandbox.Name, process) ?? throw NoProcess(sandbox.Name, process);
    }

    /// <summary>Looks at a background process again.</summary>
    /// <param name="process">An earlier look.</param>
    /// <returns>The process as it is now.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ProcessNotFound"/>: its sandbox has been removed, say.</exception>
    public SandboxProcess GetProcess(SandboxProcess process)
    {
        ArgumentNullException.ThrowIfNull(process);
        return TryLook(process.SandboxId, process.SandboxName, process.Id) is { } now && now.StartTime == process.StartTime ? now : throw NoProcess(process.SandboxName, process.Id);
    }

    /// <summary>Waits until a background process does not run any more.</summary>
    /// <param name="process">The process.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The process as it ended.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ProcessNotFound"/>.</exception>
    public async Task<SandboxProcess> WaitProcessAsync(SandboxProcess process, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(process);
        if (KeeperOf(process.SandboxId) is { } keeper)
        {
            SandboxProcess first = GetProcess(process);
            return first.State == SandboxProcessState.Running ? await keeper.WaitProcessAsync(first, cancellationToken) : first;
        }

        SandboxProcess now;
        while ((now = GetProcess(process)).State == SandboxProcessState.Running)
        {
            await Task.Delay(s_look, cancellationToken);
        }

        return now;
    }

    /// <summary>Ends a background process with everything that it started. One that has ended stays as it is.</summary>
    /// <param name="process">The process.</param>
    /// <param name="force">With SIGKILL at once; else it gets SIGTERM and five seconds first.</param>
    /// <param name="cancellationToken">Ends the waiting, not the ending.</param>
    /// <returns>The process as it ended.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ProcessNotFound"/>; <see cref="SandboxErrorId.CleanupFailed"/>: it can't be ended.</exception>
    public async Task<SandboxProcess> StopProcessAsync(SandboxProcess process, bool force = false, CancellationToken cancellationToken = default)
    {
        SandboxProcess now = GetProcess(process);
        if (KeeperOf(now.SandboxId) is { } keeper)
        {
            return await keeper.StopProcessAsync(now, force, cancellationToken);
        }

        ProcessFolder folder = Folder(process.SandboxId, process.Id);
        // The last one makes the guest end the command because its connection breaks, should the holder not answer.
        foreach (int signal in (int[])[force ? SigUsr1 : SigTerm, SigKill])
        {
            var clock = Stopwatch.StartNew();
            if (now.State == SandboxProcessState.Running)
            {
                ProcessStore.Signal(folder, signal);
            }

            while ((now = GetProcess(process)).State == SandboxProcessState.Running && clock.Elapsed < s_stopPatience)
            {
                await Task.Delay(s_look, cancellationToken);
            }
        }

        return now.State != SandboxProcessState.Running
            ? now
            : throw new SandboxException(SandboxErrorId.CleanupFailed, $"The background process {now.Id} of '{now.SandboxName}' can't be ended.", "Stop the sandbox.", now.SandboxName);
    }

    /// <summary>Opens what is kept of a background process's output, at its oldest byte.</summary>
    /// <param name="process">The process.</param>
    /// <returns>A reader.</returns>
    public ProcessOutputReader OpenProcessOutput(SandboxProcess process)
    {
        ArgumentNullException.ThrowIfNull(process);
        return KeeperOf(process.SandboxId) is { } keeper
            ? new ProcessOutputReader(position => keeper.ReadOutput(process, position))
            : new ProcessOutputReader(Folder(process.SandboxId, process.Id).Path);
    }

    /// <summary>The same, on this machine, from a position on.</summary>
    internal ProcessOutputReader OpenProcessOutput(SandboxProcess process, long position) => new(Folder(process.SandboxId, process.Id).Path, position);

    private IProcessKeeper? KeeperOf(string sandboxId) => _providers.OfType<IProcessKeeper>().FirstOrDefault(keeper => keeper.HoldsProcessesOf(sandboxId));

    private SandboxProcess? TryLook(string sandboxId, string sandboxName, int process) => KeeperOf(sandboxId) is { } keeper
        ? Task.Run(() => keeper.TryGetProcessAsync(sandboxId, process, CancellationToken.None)).GetAwaiter().GetResult()
        : ProcessStore.TryLook(Folder(sandboxId, process), sandboxId, sandboxName);

    private ProcessFolder Folder(string sandboxId, int process)
    {
        // It becomes part of a path, and the object may have come from anywhere.
        if (!SandboxName.IsValid(sandboxId))
        {
            throw NotFound(SandboxName.Printable(sandboxId));
        }

        return new ProcessFolder(Path.Combine(ProcessFolder.Of(Home, sandboxId), process.ToString(System.Globalization.CultureInfo.InvariantCulture)), process);
    }

    private static SandboxException NoProcess(string sandboxName, int process) =>
        new(SandboxErrorId.ProcessNotFound, $"The sandbox '{sandboxName}' has no background process {process}.", "Get-SandboxProcess lists those that there are.", process);
}
