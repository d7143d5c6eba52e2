using System.Runtime.CompilerServices;
using AgentSandbox.Backends.Nspawn;
using AgentSandbox.Backends.Wsl.Mounts;
using AgentSandbox.Backends.Wsl.Provider;
using AgentSandbox.Backends.Wsl.Wire;
using AgentSandbox.Isolation;

namespace AgentSandbox.Backends.Wsl;

/// <summary>Measuring isolation: the distribution does it, and this tells. What it says of itself is believed no more than it can check here: ids of probes, verdicts, lengths.</summary>
internal sealed partial class WslSandboxes
{
    /// <inheritdoc/>
    public IAsyncEnumerable<IsolationResult> TryTest(string subject, SandboxSpecification specification, IReadOnlyCollection<string>? probeIds, CancellationToken cancellationToken) =>
        TestAsync(subject, specification, probeIds, cancellationToken);

    private async IAsyncEnumerable<IsolationResult> TestAsync(string subject, SandboxSpecification specification, IReadOnlyCollection<string>? probeIds, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IReadOnlyList<string> expected = [.. ProbeRegistry.Create(probeIds).Select(probe => probe.Info.Id)];
        var copies = new MountCopies(specification.Mounts);
        ProviderRequest request = Request() with
        {
            Subject = subject,
            Probes = expected,
            Specification = specification with { Backend = NspawnBackend.BackendName },
            CopiedMounts = copies.Indexes.Count > 0 ? copies.Indexes : null,
        };

        // The end of its input, at the latest with this, makes the distribution's side remove the sibling.
        await using ProviderExchange exchange = await _provider.OpenAsync("test", request, copies.Indexes.Count > 0 ? (stream, token) => copies.SendAsync(stream, null, token) : null, cancellationToken);
        var results = new ExpectedResults(subject, expected);
        while (true)
        {
            ProviderLine line = await exchange.ReadAsync(cancellationToken);
            if (line.End)
            {
                _provider.Finish(line, subject);
                results.End();
                yield break;
            }

            if (line.Isolation is { } found)
            {
                yield return results.Take(found);
            }
        }
    }
}
