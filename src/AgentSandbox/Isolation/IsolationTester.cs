using System.Runtime.CompilerServices;
using AgentSandbox.Backends;
using AgentSandbox.Isolation.Canaries;
using AgentSandbox.Isolation.Observation;
using AgentSandbox.Isolation.WindowsSandbox;

namespace AgentSandbox.Isolation;

/// <summary>Measures what a specification isolates, in a fresh sibling per run.</summary>
public sealed class IsolationTester
{
    /// <summary>The sibling removes itself after this long, should this process be killed in the middle.</summary>
    private static readonly TimeSpan s_longestRun = TimeSpan.FromMinutes(10);

    /// <summary>Creates a tester.</summary>
    /// <param name="manager">Makes the siblings.</param>
    public IsolationTester(SandboxManager manager)
    {
        Manager = manager;
    }

    private SandboxManager Manager { get; }

    /// <summary>Every probe, by id.</summary>
    public static IReadOnlyList<IsolationProbeInfo> Catalogue => ProbeRegistry.Catalogue;

    /// <summary>
    /// Runs probes against a fresh sibling of a specification; results stream as they come. The sibling and what is planted on the host are removed when
    /// the enumeration ends, however it ends.
    /// </summary>
    /// <param name="subject">Name that the results carry.</param>
    /// <param name="specification">The specification; its mounts' sources and limits are used as they are, under another sandbox name.</param>
    /// <param name="probeIds">Ids of the probes to run; all when null.</param>
    /// <param name="cancellationToken">Cancels and removes the sibling.</param>
    /// <returns>The results.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ProbeNotFound"/>; <see cref="SandboxErrorId.ProbeFailed"/>; or the sibling could not be made.</exception>
    public async IAsyncEnumerable<IsolationResult> TestAsync(string subject, SandboxSpecification specification, IReadOnlyCollection<string>? probeIds = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(specification);
        IReadOnlyList<IsolationProbe> probes = ProbeRegistry.Create(probeIds);
        SandboxSpecification sibling = Manager.Resolve(specification with { Name = "iso-" + HostCanaries.NewSecret()[..12], TimeToLive = s_longestRun, IdleTimeout = null });
        IAsyncEnumerable<IsolationResult> results = Manager.TryTest(subject, sibling, probeIds, cancellationToken)
            ?? (Manager.PayloadPlaceOf(sibling.Backend) == PayloadPlace.WindowsInstance ? InstanceTester.TestAsync(Manager, subject, sibling, probes, cancellationToken) : TestHereAsync(subject, sibling, probes, cancellationToken));
        await foreach (IsolationResult result in results.WithCancellation(cancellationToken))
        {
            yield return result;
        }
    }

    private async IAsyncEnumerable<IsolationResult> TestHereAsync(string subject, SandboxSpecification sibling, IReadOnlyList<IsolationProbe> probes, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ProbeRunner onHost = HostProbeRunner.For(SandboxPrograms.Guest);
        await using HostCanaries canaries = await HostCanaries.PlantAsync(cancellationToken);
        Sandbox sandbox = await Manager.CreateThrowAwayAsync(sibling, null, cancellationToken);
        try
        {
            await using SandboxPayload payload = await SandboxPayload.StartAsync(Manager, sandbox, cancellationToken);
            var context = new ProbeContext
            {
                Specification = sandbox.Specification,
                Defaults = Manager.Resolve(new SandboxSpecification { Backend = sandbox.Backend, Image = sandbox.Image }),
                Canaries = canaries,
                Payload = payload.View,
                Bases = Manager.ImageOf(sandbox) is { } image ? BaseFolder.Of(image) : null,
                Sandbox = payload.RunProbeAsync,
                Host = onHost,
            };

            foreach (IsolationProbe probe in probes)
            {
                yield return await IsolationRun.RunAsync(subject, probe, context, cancellationToken);
            }
        }
        finally
        {
            await Manager.RemoveAsync(sandbox.Id, CancellationToken.None);
        }
    }
}
