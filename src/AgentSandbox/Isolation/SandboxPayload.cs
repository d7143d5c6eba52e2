using AgentSandbox.Isolation.Canaries;
using AgentSandbox.Isolation.Observation;

namespace AgentSandbox.Isolation;

/// <summary>Runs the guest's half of probes in a sandbox, as the sandbox's default user would run any command; and keeps one process there for the host to look at.</summary>
internal sealed class SandboxPayload : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly SandboxManager _manager;
    private readonly string _id;
    private readonly SandboxCommand _holder;

    private SandboxPayload(SandboxManager manager, string id, SandboxCommand holder, PayloadView view)
    {
        _manager = manager;
        _id = id;
        _holder = holder;
        View = view;
    }

    /// <summary>What the host sees of the process that stays.</summary>
    public PayloadView View { get; }

    /// <summary>Starts the process that stays.</summary>
    /// <param name="manager">The manager.</param>
    /// <param name="sandbox">The sandbox, which runs.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The payload.</returns>
    /// <exception cref="ProbeFailedException">It did not start as expected.</exception>
    public static async Task<SandboxPayload> StartAsync(SandboxManager manager, Sandbox sandbox, CancellationToken cancellationToken)
    {
        string[] arguments = ["probe", "hold", HostCanaries.NewSecret()];
        SandboxCommand holder = await manager.StartCommandAsync(sandbox.Id, Command(arguments) with { StandardInput = true }, cancellationToken);
        try
        {
            // The first byte says that it is past all trampolines and is itself.
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            deadline.CancelAfter(s_patience);
            int count = await holder.StandardOutput.ReadAsync(new byte[1], deadline.Token);
            return count == 1
                ? new SandboxPayload(manager, sandbox.Id, holder, PayloadView.Of(manager.PayloadPlaceOf(sandbox.Backend), sandbox, arguments))
                : throw new ProbeFailedException("The process for the host to look at ended at once.");
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            await holder.DisposeAsync();
            throw new ProbeFailedException($"The process for the host to look at did not start within {s_patience.TotalSeconds} s.", error);
        }
        catch
        {
            await holder.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs one probe's half.</summary>
    /// <param name="arguments">Its id and arguments.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Its standard output.</returns>
    public Task<byte[]> RunProbeAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken) => RunProbeAsync(_manager, _id, Command(["probe", .. arguments]), cancellationToken);

    /// <summary>Runs one probe's half in a sandbox.</summary>
    /// <param name="manager">The manager.</param>
    /// <param name="id">Id of the sandbox.</param>
    /// <param name="probe">The guest's own program, with the verb, the probe's id and its arguments.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Its standard output.</returns>
    /// <exception cref="ProbeFailedException">It took too long, or wrote too much.</exception>
    public static async Task<byte[]> RunProbeAsync(SandboxManager manager, string id, CommandSpecification probe, CancellationToken cancellationToken)
    {
        await using SandboxCommand command = await manager.StartCommandAsync(id, probe with { Timeout = s_patience }, cancellationToken);
        byte[] output = await HostProbeRunner.ReadBoundedAsync(command.StandardOutput, cancellationToken);
        CommandExit exit = await command.Completion.WaitAsync(cancellationToken);
        return exit.TimedOut ? throw new ProbeFailedException($"The probe took more than {s_patience.TotalSeconds} s in the sandbox.") : output;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _holder.DisposeAsync();

    private static CommandSpecification Command(string[] arguments) => new() { Arguments = arguments, Self = true, WorkingDirectory = "/" };
}
