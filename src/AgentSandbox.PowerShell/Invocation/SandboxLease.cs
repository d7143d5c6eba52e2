using System.Management.Automation;
using AgentSandbox.PowerShell.Errors;
using AgentSandbox.PowerShell.Parameters;
using AgentSandbox.PowerShell.Pump;

namespace AgentSandbox.PowerShell.Invocation;

/// <summary>The sandbox that a command runs in: one that exists and stays, or a throw-away one that is removed at the end, whatever the end is.</summary>
internal sealed class SandboxLease : IAsyncDisposable
{
    private readonly SandboxManager _manager;
    private readonly OutputPump _pump;
    private readonly bool _throwAway;

    private SandboxLease(SandboxManager manager, OutputPump pump, Sandbox sandbox, bool throwAway)
    {
        _manager = manager;
        _pump = pump;
        Sandbox = sandbox;
        Id = sandbox.Id;
        Name = sandbox.Name;
        Backend = sandbox.Backend;
        _throwAway = throwAway;
    }

    /// <summary>The sandbox, as it was when it was looked at.</summary>
    public Sandbox Sandbox { get; }

    /// <summary>Its id.</summary>
    public string Id { get; }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its backend.</summary>
    public string Backend { get; }

    /// <summary>Finds a sandbox. An object brings its id, so nothing has to be looked up before the command starts.</summary>
    public static SandboxLease Existing(SandboxManager manager, OutputPump pump, SandboxReference reference)
    {
        Sandbox sandbox = reference.Object ?? manager.Get(reference.NameOrId);
        return new SandboxLease(manager, pump, sandbox, throwAway: false);
    }

    /// <summary>Makes a throw-away sandbox.</summary>
    public static async Task<SandboxLease> CreateAsync(SandboxManager manager, OutputPump pump, SandboxSpecification specification, CancellationToken cancellationToken)
    {
        Sandbox sandbox = await CreationProgress.RunAsync(pump, progress => manager.CreateThrowAwayAsync(specification, progress, cancellationToken)).ConfigureAwait(false);
        SandboxLease lease = new(manager, pump, sandbox, throwAway: true);
        foreach (string warning in sandbox.Warnings)
        {
            pump.TryWrite(cmdlet => cmdlet.WriteWarning(warning));
        }

        return lease;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_throwAway)
        {
            return;
        }

        try
        {
            // Also after Ctrl+C, so not under its token.
            await _manager.RemoveAsync(Id, CancellationToken.None).ConfigureAwait(false);
        }
        catch (SandboxException e)
        {
            // Reported beside the command's own outcome, which it must not hide. Without a reader (Ctrl+C) the record has no place to go;
            // the sandbox stays visible to Get-AgentSandbox.
            ErrorRecord record = ErrorRecords.From(e, Name);
            _pump.TryWrite(cmdlet => cmdlet.WriteError(record));
        }
    }
}
