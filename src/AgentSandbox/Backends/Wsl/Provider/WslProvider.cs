using System.Diagnostics.CodeAnalysis;
using AgentSandbox.Backends.Wsl.Cli;
using AgentSandbox.Backends.Wsl.Setup;
using AgentSandbox.Backends.Wsl.State;
using AgentSandbox.Backends.Wsl.Wire;

namespace AgentSandbox.Backends.Wsl.Provider;

/// <summary>Calls <c>agentsandbox provider</c> in the distribution. Keeps the programs there those of this version, and the distribution alive. Thread-safe.</summary>
/// <param name="cli">The way to wsl.exe.</param>
/// <param name="state">What is known about the distribution.</param>
[SuppressMessage("Reliability", "CA1001", Justification = "The semaphore has no wait handle, and a provider is used after its connections were closed.")]
internal sealed class WslProvider(IWslCli cli, WslState state)
{
    /// <summary>Where the programs are.</summary>
    public const string ProgramFolder = "/opt/agentsandbox";

    private readonly SemaphoreSlim _update = new(1, 1);
    private volatile bool _isUpToDate;

    /// <summary>Arguments of wsl.exe that run a program in a distribution, and nothing between: no shell, no folder of Windows.</summary>
    /// <param name="distribution">Its name.</param>
    /// <param name="words">The program and its arguments.</param>
    /// <returns>The arguments.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.InvalidName"/>: wsl.exe would misread the name.</exception>
    public static IReadOnlyList<string> InDistribution(string distribution, params IReadOnlyList<string> words) => WslDistribution.IsValidName(distribution)
        ? ["-d", distribution, "-u", "root", "--cd", "/", "-e", .. words]
        : throw new SandboxException(SandboxErrorId.InvalidName, $"'{SandboxName.Printable(distribution)}' is no name that wsl.exe can be given.", "Use letters, digits, '-', '_' and '.'.", distribution);

    /// <summary>Calls a verb and reads its answer to the end.</summary>
    /// <param name="verb">The verb.</param>
    /// <param name="request">The request.</param>
    /// <param name="onLine">Gets each line but the last.</param>
    /// <param name="target">What an error is about.</param>
    /// <param name="cancellationToken">Cancels; the distribution's side undoes what it had begun.</param>
    /// <exception cref="SandboxException">What the distribution's side raised, or <see cref="SandboxErrorId.WslFailed"/>.</exception>
    public async Task CallAsync(string verb, ProviderRequest request, Action<ProviderLine>? onLine, string? target, CancellationToken cancellationToken)
    {
        await using ProviderExchange exchange = await OpenAsync(verb, request, null, cancellationToken);
        while (true)
        {
            ProviderLine line = await exchange.ReadAsync(cancellationToken);
            if (line.End)
            {
                Finish(line, target);
                return;
            }

            onLine?.Invoke(line);
        }
    }

    /// <summary>Starts a verb whose programs are known to be of this version, and reads up to its first line.</summary>
    /// <param name="verb">The verb.</param>
    /// <param name="request">The request.</param>
    /// <param name="send">Sends what follows the request.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The exchange; its first line is the next to be read.</returns>
    public async Task<ProviderExchange> OpenAsync(string verb, ProviderRequest request, Func<Stream, CancellationToken, Task>? send, CancellationToken cancellationToken)
    {
        await UpdateAsync(force: false, cancellationToken);
        for (bool isRetry = false; ; isRetry = true)
        {
            var exchange = new ProviderExchange(cli.Start(InDistribution(state.DistributionName, $"{ProgramFolder}/agentsandbox", ProviderProtocol.Verb, verb)));
            try
            {
                await exchange.SendAsync(request, send, cancellationToken);
                ProviderLine first = await exchange.PeekAsync(cancellationToken);
                if (first.OtherVersion is null)
                {
                    return exchange;
                }

                if (isRetry)
                {
                    throw new SandboxException(
                        SandboxErrorId.WslFailed,
                        $"The distribution '{state.DistributionName}' has the programs of version {Connection.GuestText.Clean(first.OtherVersion)}, and this is {ProviderProtocol.Version}; renewing them did not help.",
                        "Install it anew: Install-SandboxBackend Wsl -Force.",
                        state.DistributionName);
                }
            }
            catch (ProgramMissingException) when (!isRetry)
            {
                // Put there below.
            }
            catch
            {
                await exchange.DisposeAsync();
                throw;
            }

            await exchange.DisposeAsync();
            await UpdateAsync(force: true, cancellationToken);
        }
    }

    /// <summary>Handles the last line of an answer.</summary>
    /// <param name="line">The line.</param>
    /// <param name="target">What an error is about.</param>
    /// <exception cref="SandboxException">The error that it carries.</exception>
    public void Finish(ProviderLine line, string? target)
    {
        Keep(line);
        if (line.Error is not null)
        {
            throw ProviderAnswers.Error(line.Error, target);
        }
    }

    /// <summary>Starts what keeps the distribution from its idle shutdown, when a line says that it is needed.</summary>
    /// <param name="line">The line.</param>
    public void Keep(ProviderLine line)
    {
        if (line.NeedsHold)
        {
            cli.StartDetached(InDistribution(state.DistributionName, $"{ProgramFolder}/agentsandbox", ProviderProtocol.Verb, "hold"));
        }
    }

    /// <summary>Puts this version's programs into the distribution, when others are there.</summary>
    private async Task UpdateAsync(bool force, CancellationToken cancellationToken)
    {
        if (_isUpToDate && !force)
        {
            return;
        }

        await _update.WaitAsync(cancellationToken);
        try
        {
            WslRecord record = state.TryRead()
                ?? throw new SandboxException(SandboxErrorId.BackendNotAvailable, "This product has no distribution of WSL.", WslSetupAdvice.Install, state.DistributionName);
            string programs = WslPrograms.Fingerprint();
            if (force || record.Programs != programs)
            {
                await WslPrograms.PutAsync(cli, record.Name, cancellationToken);
                state.Write(record with { Programs = programs });
            }

            _isUpToDate = true;
        }
        finally
        {
            _update.Release();
        }
    }
}
