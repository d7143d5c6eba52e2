using System.Runtime.CompilerServices;
using System.Text.Json;
using AgentSandbox.Backends;
using AgentSandbox.Backends.Wsl.Wire;
using AgentSandbox.Isolation;

namespace AgentSandbox.Tests.Isolation;

/// <summary>Sandboxes on a machine that this one can't look into: measured there, and only told here.</summary>
public class RemoteTests
{
    public static TheoryData<IsolationVerdict, IsolationObserver> Results
    {
        get
        {
            var all = new TheoryData<IsolationVerdict, IsolationObserver>();
            foreach (IsolationVerdict verdict in Enum.GetValues<IsolationVerdict>())
            {
                foreach (IsolationObserver observer in Enum.GetValues<IsolationObserver>())
                {
                    all.Add(verdict, observer);
                }
            }

            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Results))]
    public void A_result_comes_over_the_wire_as_it_was(IsolationVerdict verdict, IsolationObserver observer)
    {
        IsolationResult sent = Result("fs.host-path") with { Verdict = verdict, ObservedBy = observer, Duration = verdict == 0 ? TimeSpan.Zero : TimeSpan.FromMilliseconds(1.5) };
        byte[] line = ProviderProtocol.ToLine(new ProviderLine { Isolation = sent }, ProviderJson.Default.ProviderLine);
        Assert.Equal(1, line.Count(b => b == (byte)'\n'));
        Assert.Equal(sent, JsonSerializer.Deserialize(line, ProviderJson.Default.ProviderLine)!.Isolation);
    }

    [Fact]
    public async Task Where_the_place_measures_by_itself_nothing_is_planted_or_made_here()
    {
        var place = new Place();
        await using var manager = new SandboxManager(null, (_, _) => [place]);
        var results = new List<IsolationResult>();
        await foreach (IsolationResult result in new IsolationTester(manager).TestAsync("box", new SandboxSpecification { Backend = "Elsewhere", Name = "box" }, ["fs.host-path", "net.vsock"]))
        {
            results.Add(result);
            Assert.Equal(results.Count, place.Said); // as they come, not at the end
        }

        Assert.Equal(["fs.host-path", "net.vsock"], results.Select(result => result.Id));
        Assert.True(place.Asked is { Subject: "box", Specification.Backend: "Elsewhere" });
        Assert.StartsWith("iso-", place.Asked.Specification.Name, StringComparison.Ordinal);
        Assert.NotNull(place.Asked.Specification.TimeToLive);
    }

    [Fact]
    public async Task An_unknown_probe_is_refused_before_anybody_is_asked()
    {
        var place = new Place();
        await using var manager = new SandboxManager(null, (_, _) => [place]);
        SandboxException error = await Assert.ThrowsAsync<SandboxException>(async () =>
        {
            await foreach (IsolationResult _ in new IsolationTester(manager).TestAsync("box", new SandboxSpecification { Backend = "Elsewhere" }, ["no.such"]))
            {
            }
        });
        Assert.Equal(SandboxErrorId.ProbeNotFound, error.ErrorId);
        Assert.Null(place.Asked);
    }

    private static IsolationResult Result(string id) => new()
    {
        Subject = "box",
        Backend = "Elsewhere",
        Probe = IsolationTester.Catalogue.First(probe => probe.Id == id),
        Verdict = IsolationVerdict.Exposed,
        ObservedBy = IsolationObserver.GuestProof,
        Evidence = "It \"was\" open: ü \\ \n",
        Duration = TimeSpan.FromSeconds(1),
    };

    private sealed class Place : ISandboxProvider, ISandboxBackend
    {
        public AskedRecord? Asked { get; private set; }

        public int Said { get; private set; }

        public IReadOnlyList<ISandboxBackend> Backends => [this];

        public string Name => "Elsewhere";

        public IAsyncEnumerable<IsolationResult> TryTest(string subject, SandboxSpecification specification, IReadOnlyCollection<string>? probeIds, CancellationToken cancellationToken)
        {
            Asked = new AskedRecord(subject, specification);
            return SayAsync(probeIds!, cancellationToken);
        }

        public BackendInfo Describe() => new() { Name = Name, Available = true, Strength = 1, SecurityBoundary = true, Isolates = [], DoesNotIsolate = [] };

        public SandboxSpecification ApplyDefaults(SandboxSpecification specification) => specification;

        public IEnumerable<SpecificationProblem> Validate(SandboxSpecification specification) => [];

        public IReadOnlyList<string> Warnings(SandboxSpecification specification) => [];

        public SandboxSpecification ResolveImage(SandboxSpecification specification, ICollection<SpecificationProblem> problems) => specification;

        public Task<Sandbox> CreateAsync(SandboxSpecification specification, bool throwAway, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken) => throw NotHere();

        public Task<IReadOnlyList<Sandbox>> ListAsync(CancellationToken cancellationToken) => throw NotHere();

        public Task<Sandbox?> TryGetAsync(string nameOrId, CancellationToken cancellationToken) => throw NotHere();

        public ValueTask<bool> HasAsync(string id, CancellationToken cancellationToken) => throw NotHere();

        public Task<Sandbox> StartAsync(string id, CancellationToken cancellationToken) => throw NotHere();

        public Task<Sandbox> StopAsync(string id, CancellationToken cancellationToken) => throw NotHere();

        public Task RemoveAsync(string id, CancellationToken cancellationToken) => throw NotHere();

        public Task<SandboxCommand> StartCommandAsync(string id, CommandSpecification command, CancellationToken cancellationToken) => throw NotHere();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private static InvalidOperationException NotHere() => new("Nothing is done here.");

        private async IAsyncEnumerable<IsolationResult> SayAsync(IReadOnlyCollection<string> ids, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            foreach (string id in ids)
            {
                await Task.Yield();
                cancellationToken.ThrowIfCancellationRequested();
                Said++;
                yield return Result(id);
            }
        }
    }

    private sealed record AskedRecord(string Subject, SandboxSpecification Specification);
}
