using AgentSandbox.Backends.WindowsSandbox.Readiness;

namespace AgentSandbox.Backends.WindowsSandbox.Instance;

/// <summary>One way to start and end an instance. Ends only what its state proves to be ours.</summary>
internal interface IInstance
{
    /// <summary>The way.</summary>
    StartWay Way { get; }

    /// <summary>Starts an instance that is logged on, or can be as soon as it is up.</summary>
    /// <param name="start">What is started.</param>
    /// <param name="cancellationToken">Ends the waiting; the instance may come all the same.</param>
    /// <returns>The state, with what proves it.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.SandboxInstanceInUse"/> or <see cref="SandboxErrorId.StartFailed"/>.</exception>
    Task<InstanceState> StartAsync(InstanceStart start, CancellationToken cancellationToken);

    /// <summary>Runs the guest program in an instance.</summary>
    /// <param name="state">The instance.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>Its exit code, when it ends; null where the instance starts it by itself and nobody learns of its end.</returns>
    Task<int>? RunGuest(InstanceState state, CancellationToken cancellationToken);

    /// <summary>Tells whether the instance is there.</summary>
    /// <param name="state">The instance.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="SandboxException">That can't be told.</exception>
    Task<bool> IsThereAsync(InstanceState state, CancellationToken cancellationToken);

    /// <summary>Ends the instance if it is there.</summary>
    /// <param name="state">The instance.</param>
    /// <param name="wait">Wait also for one whose start may have been asked for and that may still come.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>False when it is not certain that there is none, and none will come.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.CleanupFailed"/>: it can't be ended.</exception>
    Task<bool> EndAsync(InstanceState state, bool wait, CancellationToken cancellationToken);
}

/// <summary>What is started.</summary>
/// <param name="Name">The sandbox's name, for errors.</param>
/// <param name="State">Its state, planned.</param>
/// <param name="Configuration">XML on one line.</param>
/// <param name="ConfigurationFile">Where the older way puts that.</param>
/// <param name="Persist">Stores the state; called before each step that it must survive.</param>
/// <param name="Say">Told what is being waited for.</param>
internal sealed record InstanceStart(string Name, InstanceState State, string Configuration, string ConfigurationFile, Action<InstanceState> Persist, Action<string> Say);
