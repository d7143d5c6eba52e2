using AgentSandbox.Backends.Wsl.Cli;

namespace AgentSandbox.Backends.Wsl.Readiness;

/// <summary>What the facts mean. Pure.</summary>
/// <param name="Reason">Why the backend can't be used; null when it can.</param>
/// <param name="RecommendedAction">The next step.</param>
internal sealed record WslReadiness(string? Reason, string? RecommendedAction)
{
    private static readonly WslReadiness s_ready = new(null, null);

    /// <summary>The backend can be used.</summary>
    public bool IsReady => Reason is null;

    /// <summary>Says what the first missing step is.</summary>
    /// <param name="facts">The facts.</param>
    /// <returns>The verdict.</returns>
    public static WslReadiness Of(WslFacts facts) => OfWsl(facts) ?? OfDistribution(facts) ?? s_ready;

    /// <summary>Whether WSL itself can be used, whatever is in it.</summary>
    /// <param name="facts">The facts.</param>
    /// <returns>What is missing; null when nothing is.</returns>
    public static WslReadiness? OfWsl(WslFacts facts)
    {
        if (!facts.IsExpected)
        {
            return new("It needs Windows.", "On Linux use -Backend Nspawn: it is the same, without a virtual machine in between.");
        }

        if (!facts.HasCli)
        {
            return new("WSL is not installed: there is no wsl.exe.", WslSetupAdvice.Enable);
        }

        if (facts.List is not { } list)
        {
            return new($"wsl.exe can't be asked: {facts.Failure ?? "no answer."}", "Restart WSL: wsl --shutdown");
        }

        if (list.ErrorCode is { } code && WslErrorCode.Name(code) != WslErrorCode.NoDistributions)
        {
            return new($"WSL does not work: {list.Message}", WslErrors.ActionFor(code) ?? WslSetupAdvice.Update);
        }

        if (facts.Version is null)
        {
            // The one in System32 of a Windows without WSL is only there to install it, and says so in many words and any language.
            return list.Succeeded
                ? new($"This WSL came with Windows and is too old; {WslVersion.Oldest} is needed.", WslSetupAdvice.Update)
                : list.ErrorCode is not null ? new($"This WSL is too old; {WslVersion.Oldest} is needed.", WslSetupAdvice.Update)
                : new("WSL is not installed.", WslSetupAdvice.Enable);
        }

        return facts.Version < WslVersion.Oldest
            ? new($"WSL {facts.Version} is too old: {WslVersion.Oldest} is needed.", WslSetupAdvice.Update)
            : null;
    }

    private static WslReadiness? OfDistribution(WslFacts facts)
    {
        string name = facts.DistributionName;
        WslDistribution? found = facts.List!.Succeeded ? WslDistribution.ParseList(facts.List.Text).FirstOrDefault(d => string.Equals(d.Name, name, StringComparison.OrdinalIgnoreCase)) : null;
        if (found is null)
        {
            return new($"WSL has no distribution '{name}'.", WslSetupAdvice.Install);
        }

        if (facts.Record is not { } record || record.Name != name)
        {
            return new($"There is a distribution '{name}' that this product did not import.", $"Keep it under another name (wsl --export {name} FILE, wsl --unregister {name}, wsl --import), then: {WslSetupAdvice.Install}");
        }

        return found.State switch
        {
            WslDistributionState.Installing => new($"The distribution '{name}' is being imported.", "Wait until that is done; when it was cut short: " + WslSetupAdvice.Repair),
            WslDistributionState.Uninstalling => new($"The distribution '{name}' is being unregistered.", "Wait until that is done."),
            WslDistributionState.Converting => new($"The distribution '{name}' is being converted to another version of WSL.", "Wait until that is done."),
            WslDistributionState.Exporting => new($"The distribution '{name}' is being exported; nothing can run in it meanwhile.", $"Wait until that is done, or end it: wsl --terminate {name}"),
            _ when found.Version != 2 => new($"The distribution '{name}' is of WSL 1, which has no kernel of its own.", $"Convert it: wsl --set-version {name} 2"),
            _ when !record.IsComplete => new($"The distribution '{name}' was imported, but not set up to the end.", WslSetupAdvice.Repair),
            _ => null,
        };
    }
}
