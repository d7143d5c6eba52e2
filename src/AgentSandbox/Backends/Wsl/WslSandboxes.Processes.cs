using AgentSandbox.Backends.Wsl.Provider;
using AgentSandbox.Backends.Wsl.Wire;
using AgentSandbox.Processes;

namespace AgentSandbox.Backends.Wsl;

/// <summary>Background processes: the distribution holds them, so they outlive this PowerShell and every <c>wsl.exe</c>, as their sandbox does.</summary>
internal sealed partial class WslSandboxes
{
    /// <inheritdoc/>
    public bool HoldsProcessesOf(string sandboxId) => _state.Has(sandboxId);

    /// <inheritdoc/>
    public Task<SandboxProcess> StartProcessAsync(Sandbox sandbox, HolderRequest request, CancellationToken cancellationToken) =>
        ProcessCallAsync("start-process", sandbox.Id, null, Request() with { Id = sandbox.Id, Process = request }, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SandboxProcess>> ListProcessesAsync(string sandboxId, CancellationToken cancellationToken)
    {
        var all = new List<SandboxProcess>();
        try
        {
            await CallAsync("list-processes", sandboxId, Request() with { Id = sandboxId }, line =>
            {
                if (line.Process is { } process)
                {
                    all.Add(ProviderAnswers.Accept(process, sandboxId, null));
                }
            }, cancellationToken);
        }
        catch (SandboxException e) when (e.ErrorId == SandboxErrorId.SandboxNotFound)
        {
            // And with it its processes.
        }

        return all;
    }

    /// <inheritdoc/>
    public async Task<SandboxProcess?> TryGetProcessAsync(string sandboxId, int process, CancellationToken cancellationToken)
    {
        try
        {
            return await ProcessCallAsync("get-process", sandboxId, process, Request() with { Id = sandboxId, ProcessId = process }, cancellationToken);
        }
        catch (SandboxException e) when (e.ErrorId is SandboxErrorId.SandboxNotFound or SandboxErrorId.ProcessNotFound)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public Task<SandboxProcess> WaitProcessAsync(SandboxProcess process, CancellationToken cancellationToken) =>
        ProcessCallAsync("wait-process", process.SandboxId, process.Id, Request() with { Id = process.SandboxId, ProcessId = process.Id }, cancellationToken);

    /// <inheritdoc/>
    public Task<SandboxProcess> StopProcessAsync(SandboxProcess process, bool force, CancellationToken cancellationToken) =>
        ProcessCallAsync("stop-process", process.SandboxId, process.Id, Request() with { Id = process.SandboxId, ProcessId = process.Id, Force = force }, cancellationToken);

    /// <inheritdoc/>
    public OutputPart ReadOutput(SandboxProcess process, long position)
    {
        var pieces = new List<ProcessOutput>();
        long next = position, dropped = 0, size = 0;
        Task.Run(() => CallAsync("read-process", process.SandboxId, Request() with { Id = process.SandboxId, ProcessId = process.Id, Position = position }, line =>
        {
            if (line.Output is { } piece)
            {
                size += piece.Data?.Length ?? OutputSpool.Limit;
                pieces.Add(size <= OutputSpool.Limit ? piece : throw ProviderAnswers.Violation("it says that a process wrote more than is kept."));
            }

            next = line.Position ?? next;
            dropped = line.Position is null ? dropped : line.Dropped;
        }, CancellationToken.None)).GetAwaiter().GetResult();
        return next >= position && dropped >= 0 && (next > position || pieces.Count == 0)
            ? new OutputPart(pieces, next, dropped)
            : throw ProviderAnswers.Violation("it says that a process took back what it wrote.");
    }

    private async Task<SandboxProcess> ProcessCallAsync(string verb, string sandboxId, int? number, ProviderRequest request, CancellationToken cancellationToken)
    {
        SandboxProcess? found = null;
        await CallAsync(verb, sandboxId, request, line => found = line.Process ?? found, cancellationToken);
        return ProviderAnswers.Accept(found ?? throw ProviderAnswers.Violation("it names no process."), sandboxId, number);
    }
}
