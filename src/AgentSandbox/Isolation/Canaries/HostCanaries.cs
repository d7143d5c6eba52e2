using System.Security.Cryptography;

namespace AgentSandbox.Isolation.Canaries;

/// <summary>
/// What one run plants on the host for the sandbox to be caught with: files, a process, listeners, each with a secret of its own. Removed whatever
/// happens; if this process is killed, the canary process ends with it and only a folder with random numbers in it is left in the temporary folder, and a page of shared memory, which the next run removes.
/// </summary>
internal sealed class HostCanaries : IAsyncDisposable
{
    private readonly CanaryListener _loopback;
    private readonly CanaryListener _abstract;

    private CanaryGateways? _gateways;

    private HostCanaries(string runId, CanaryVariable variable, CanaryFiles files, CanaryProcess process, CanaryMemory memory, CanaryListener loopback, CanaryListener @abstract)
    {
        RunId = runId;
        Variable = variable;
        Files = files;
        Process = process;
        Memory = memory;
        _loopback = loopback;
        _abstract = @abstract;
    }

    /// <summary>32 hexadecimal digits, in the name of everything that belongs to this run.</summary>
    public string RunId { get; }

    /// <summary>The variable of this process's environment.</summary>
    public CanaryVariable Variable { get; }

    /// <summary>The listeners on this machine's own addresses, planted by the first look: a port that other machines may reach is open for no run that does not ask for it.</summary>
    public CanaryGateways Gateways => _gateways ??= CanaryGateways.Plant();

    /// <summary>The files.</summary>
    public CanaryFiles Files { get; }

    /// <summary>The process.</summary>
    public CanaryProcess Process { get; }

    /// <summary>The shared memory.</summary>
    public CanaryMemory Memory { get; }

    /// <summary>TCP port on 127.0.0.1.</summary>
    public int LoopbackPort => _loopback.Port;

    /// <summary>What the port says.</summary>
    public string LoopbackSecret => _loopback.Secret;

    /// <summary>Name of the abstract Unix socket, without the leading zero byte.</summary>
    public string AbstractName => AbstractNameOf(RunId);

    /// <summary>What the abstract socket says.</summary>
    public string AbstractSecret => _abstract.Secret;

    /// <summary>Plants.</summary>
    /// <param name="cancellationToken">Cancels; what was planted is removed.</param>
    /// <returns>The canaries, checked.</returns>
    /// <exception cref="ProbeFailedException">One does not answer.</exception>
    public static async Task<HostCanaries> PlantAsync(CancellationToken cancellationToken)
    {
        string runId = NewSecret();
        var variable = CanaryVariable.Plant(runId);
        CanaryFiles? files = null;
        CanaryProcess? process = null;
        CanaryMemory? memory = null;
        CanaryListener? loopback = null;
        CanaryListener? @abstract = null;
        try
        {
            files = CanaryFiles.Create(runId);
            process = await CanaryProcess.StartAsync(runId, files.SignalLog, cancellationToken);
            memory = CanaryMemory.Plant();
            loopback = CanaryListener.OnLoopback(NewSecret());
            @abstract = CanaryListener.OnAbstractName(AbstractNameOf(runId), NewSecret());
            var canaries = new HostCanaries(runId, variable, files, process, memory, loopback, @abstract);
            await canaries.VerifyAsync(cancellationToken);
            return canaries;
        }
        catch
        {
            Remove(@abstract, loopback, memory, process, files, variable);
            throw;
        }
    }

    /// <summary>Checks that every canary is still as it was planted: a dead one makes everything look isolated.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that completes when all have answered.</returns>
    /// <exception cref="ProbeFailedException">One does not.</exception>
    public async Task VerifyAsync(CancellationToken cancellationToken)
    {
        Variable.Verify();
        Files.Verify();
        Process.Verify();
        Memory.Verify();
        await _loopback.VerifyAsync(cancellationToken);
        await _abstract.VerifyAsync(cancellationToken);
        if (_gateways is not null)
        {
            await _gateways.VerifyAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Remove(_gateways, _abstract, _loopback, Memory, Process, Files, Variable);
        return ValueTask.CompletedTask;
    }

    /// <summary>128 random bits as 32 hexadecimal digits.</summary>
    /// <returns>The digits.</returns>
    public static string NewSecret() => Convert.ToHexString(RandomNumberGenerator.GetBytes(16)).ToLowerInvariant();

    /// <summary>Removes each, also when another could not be removed.</summary>
    private static void Remove(params ReadOnlySpan<IDisposable?> canaries)
    {
        if (canaries.Length == 0)
        {
            return;
        }

        try
        {
            canaries[0]?.Dispose();
        }
        finally
        {
            Remove(canaries[1..]);
        }
    }

    private static string AbstractNameOf(string runId) => "agentsandbox-canary-" + runId;
}
