using System.Runtime.CompilerServices;

namespace AgentSandbox.Isolation;

/// <summary>Measures what a specification isolates, in a fresh sibling per run.</summary>
public sealed class IsolationTester
{
    /// <summary>Creates a tester.</summary>
    /// <param name="manager">Makes the siblings.</param>
    public IsolationTester(SandboxManager manager)
    {
        Manager = manager;
    }

    private SandboxManager Manager { get; }

    /// <summary>Every probe, by id.</summary>
    public static IReadOnlyList<IsolationProbeInfo> Catalogue => throw new NotImplementedException();

    /// <summary>Runs probes against a fresh sibling of a specification; results stream as they come.</summary>
    /// <param name="subject">Name that the results carry.</param>
    /// <param name="specification">The specification; its name, mounts' sources and limits are used as they are, under another sandbox name.</param>
    /// <param name="probeIds">Ids of the probes to run; all when null.</param>
    /// <param name="cancellationToken">Cancels and removes the sibling.</param>
    /// <returns>The results.</returns>
    public async IAsyncEnumerable<IsolationResult> TestAsync(string subject, SandboxSpecification specification, IReadOnlyCollection<string>? probeIds = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.FromException(new NotImplementedException(Manager.ToString())).ConfigureAwait(false);
        yield break;
    }
}
