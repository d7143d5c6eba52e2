using AgentSandbox.Backends.Wsl.Cli;
using AgentSandbox.Backends.Wsl.State;

namespace AgentSandbox.Backends.Wsl.Readiness;

/// <summary>All that is looked at to say whether this backend can be used. Gathering changes nothing and starts no distribution.</summary>
internal sealed record WslFacts
{
    /// <summary>This is Windows, or another program stands in for wsl.exe.</summary>
    public required bool IsExpected { get; init; }

    /// <summary>wsl.exe is there.</summary>
    public bool HasCli { get; init; }

    /// <summary>Answer of <c>--list --verbose</c>; null when it was not asked or did not answer.</summary>
    public WslResult? List { get; init; }

    /// <summary>WSL's version; null when it says none, as the one that came with Windows 10.</summary>
    public Version? Version { get; init; }

    /// <summary>Why wsl.exe could not be asked.</summary>
    public string? Failure { get; init; }

    /// <summary>Name that our distribution has, or will have.</summary>
    public string DistributionName { get; init; } = "";

    /// <summary>What is known of the distribution that was imported; null when none was.</summary>
    public WslRecord? Record { get; init; }

    /// <summary>Gathers the facts.</summary>
    /// <param name="cli">The way to wsl.exe.</param>
    /// <param name="isExpected">See <see cref="IsExpected"/>.</param>
    /// <param name="state">What is known about the distribution.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The facts.</returns>
    public static async Task<WslFacts> GatherAsync(IWslCli cli, bool isExpected, WslState state, CancellationToken cancellationToken)
    {
        var facts = new WslFacts { IsExpected = isExpected, HasCli = cli.IsThere, DistributionName = state.DistributionName };
        if (!isExpected || !cli.IsThere)
        {
            return facts;
        }

        facts = facts with { Record = state.TryRead() };
        try
        {
            Task<WslResult> list = cli.RunAsync(["--list", "--verbose"], null, s_patience, cancellationToken);
            WslResult version = await cli.RunAsync(["--version"], null, s_patience, cancellationToken);
            return facts with { List = await list, Version = version.Succeeded ? WslVersion.Parse(version.Text) : null };
        }
        catch (SandboxException e)
        {
            return facts with { Failure = e.Message };
        }
    }

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
}
