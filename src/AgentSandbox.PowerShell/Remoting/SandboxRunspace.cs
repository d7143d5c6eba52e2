using System.Management.Automation.Host;
using System.Management.Automation.Runspaces;
using AgentSandbox.PowerShell.Remoting.Wire;
using AgentSandbox.PowerShell.Transport;

namespace AgentSandbox.PowerShell.Remoting;

/// <summary>A runspace in a PowerShell of its own in a sandbox.</summary>
internal sealed class SandboxRunspace : IAsyncDisposable
{
    private static readonly TimeSpan s_openTime = TimeSpan.FromSeconds(90);

    // What everybody who starts PowerShell for a program sets: it shall not ask the network about itself.
    private static readonly Dictionary<string, string> s_environment = new() { ["POWERSHELL_TELEMETRY_OPTOUT"] = "1", ["POWERSHELL_UPDATECHECK"] = "Off", ["DOTNET_EnableDiagnostics"] = "0" };

    private readonly SandboxWire _wire;

    private SandboxRunspace(Runspace runspace, SandboxWire wire, RecordCredit credit)
    {
        Runspace = runspace;
        _wire = wire;
        Credit = credit;
    }

    /// <summary>PowerShell's object.</summary>
    public Runspace Runspace { get; }

    /// <summary>Holds the server up when its output is not read.</summary>
    public RecordCredit Credit { get; }

    /// <summary>Why it broke, else null.</summary>
    public SandboxException? Failure => _wire.Failure;

    /// <summary>Completes when its PowerShell has ended.</summary>
    public Task Ended => _wire.Ended;

    /// <summary>It can run a pipeline.</summary>
    public bool IsOpen => Runspace.RunspaceStateInfo.State == RunspaceState.Opened && !_wire.Ended.IsCompleted;

    /// <summary>What <c>exit</c> said.</summary>
    public int? ExitCode
    {
        get => _wire.ExitCode;
        set => _wire.ExitCode = value;
    }

    /// <summary>Starts a PowerShell in a sandbox and opens a runspace in it.</summary>
    /// <param name="manager">The sandboxes.</param>
    /// <param name="sandbox">The sandbox.</param>
    /// <param name="how">User, folder and environment of the PowerShell.</param>
    /// <param name="host">This process's host.</param>
    /// <param name="session">Name of the session that it is for; null when script blocks are run in it, of which the host shows nothing by itself.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The open runspace.</returns>
    /// <exception cref="SandboxException">There is no PowerShell, or it does not answer.</exception>
    public static async Task<SandboxRunspace> OpenAsync(SandboxManager manager, Sandbox sandbox, CommandSpecification how, PSHost host, string? session, CancellationToken cancellationToken)
    {
        Dictionary<string, string> environment = new(s_environment);
        foreach ((string name, string value) in how.Environment)
        {
            environment[name] = value;
        }

        CommandSpecification server = how with
        {
            Arguments = [.. HostPowerShell.ProgramIn(sandbox), "-s", "-NoLogo", "-NoProfile"],
            Environment = environment,
            StandardInput = true,
            Timeout = null,
        };
        SandboxCommand command;
        try
        {
            command = await manager.StartCommandAsync(sandbox.Id, server, cancellationToken).ConfigureAwait(false);
        }
        catch (SandboxException e) when (e.ErrorId == SandboxErrorId.CommandNotFound)
        {
            throw MissingPowerShell.In(sandbox);
        }

        RecordCredit credit = new();
        Runspace? opened = null;
        SandboxWire wire = session is null
            ? new(command, sandbox.Name, hostWrites: false, credit)
            : new(command, sandbox.Name, hostWrites: true, new HeapCredit(sandbox.Name), () => IsEntered(host, opened));
        return await OpenAsync(wire, credit, host, session, runspace => opened = runspace, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Opens a runspace over a wire.</summary>
    /// <param name="wire">The wire, whose server runs.</param>
    /// <param name="credit">The wire's.</param>
    /// <param name="host">This process's host.</param>
    /// <param name="session">Name of the session, else null.</param>
    /// <param name="made">Gets the runspace before it is opened.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The open runspace.</returns>
    private static async Task<SandboxRunspace> OpenAsync(SandboxWire wire, RecordCredit credit, PSHost host, string? session, Action<Runspace> made, CancellationToken cancellationToken)
    {
        // No types: what a type table says of a type's way back to a live object is for servers that are trusted.
        TypeTable types = new([]);
        var connection = (RunspaceConnectionInfo)WireConnection.Create(wire);
        Runspace runspace = session is null
            ? RunspaceFactory.CreateRunspace(connection, host, types)
            : RunspaceFactory.CreateRunspace(connection, host, types, null, session);
        made(runspace);
        SandboxRunspace opened = new(runspace, wire, credit);
        try
        {
            Task opening = Task.Factory.StartNew(runspace.Open, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            _ = opening.ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            await opening.WaitAsync(s_openTime, cancellationToken).ConfigureAwait(false);
            return opened;
        }
        catch (Exception e)
        {
            SandboxException? failure = wire.Failure;
            await opened.DisposeAsync().ConfigureAwait(false);
            throw e switch
            {
                OperationCanceledException => e,
                TimeoutException => new SandboxException(SandboxErrorId.GuestNotResponding, $"The PowerShell in {wire.Name} did not answer in {s_openTime.TotalSeconds} s.", "Look at what the sandbox does, or give it more CPUs.", wire.Name),
                _ => failure ?? WireViolation.Of($"refused the session ({HostText.Clean(e.Message)})"),
            };
        }
    }

    /// <summary>A person at the host is in this session: what the host sends is typed there.</summary>
    private static bool IsEntered(PSHost host, Runspace? runspace) =>
        runspace is not null && host is IHostSupportsInteractiveSession { IsRunspacePushed: true } interactive && interactive.Runspace?.InstanceId == runspace.InstanceId;

    /// <summary>Forgets what was set in it, so that nobody builds on it.</summary>
    /// <returns>False when it can't be used any more.</returns>
    public async Task<bool> ResetAsync()
    {
        ExitCode = null;
        if (!IsOpen || Runspace.RunspaceAvailability != RunspaceAvailability.Available)
        {
            return false;
        }

        Task reset = Task.Factory.StartNew(Runspace.ResetRunspaceState, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Task.WhenAny(reset, Task.Delay(TimeSpan.FromSeconds(10))).ConfigureAwait(false);

        // A server that can't is not used again, whatever its reason.
        _ = reset.ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return reset.IsCompletedSuccessfully;
    }

    /// <summary>Ends the PowerShell with everything that it started.</summary>
    /// <returns>A task that completes when that is done.</returns>
    public async ValueTask DisposeAsync()
    {
        await _wire.CloseAsync().ConfigureAwait(false);
        Task closing = Task.Run(Runspace.Dispose);
        await Task.WhenAny(closing, Task.Delay(TimeSpan.FromSeconds(10))).ConfigureAwait(false);
    }
}
