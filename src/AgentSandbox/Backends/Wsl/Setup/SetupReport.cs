using AgentSandbox.Backends.Wsl.Wire;

namespace AgentSandbox.Backends.Wsl.Setup;

/// <summary>What a step of the set-up did.</summary>
/// <param name="Action">In a sentence.</param>
/// <param name="Checks">What was checked afterwards, one line each.</param>
/// <param name="RestartRequired">Windows has to be restarted first.</param>
internal sealed record SetupReport(string Action, IReadOnlyList<string> Checks, bool RestartRequired = false);

/// <summary>Has the distribution check itself: what of Windows can be reached in it, and in a sandbox in it.</summary>
/// <param name="onCheck">Gets each check.</param>
/// <param name="cancellationToken">Cancels.</param>
/// <returns>A task that completes when all has been checked.</returns>
internal delegate Task DistributionCheck(Action<ProviderCheck> onCheck, CancellationToken cancellationToken);
