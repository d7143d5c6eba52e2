using AgentSandbox.IntegrationTests.Behaviour;
using AgentSandbox.Isolation;

namespace AgentSandbox.IntegrationTests.Isolation;

/// <summary>The same for sandboxes in a distribution of WSL: measured there, by the program there, and told here. The distribution is the stand-in's.</summary>
public partial class BackendIsolationTests
{
    [Fact]
    public async Task A_distribution_measures_its_sandboxes_itself_and_they_hold()
    {
        Dictionary<string, IsolationResult> results = await TestInWslAsync(new SandboxSpecification { Backend = "Wsl" });
        Assert.Equal(IsolationTester.Catalogue.Select(probe => probe.Id), results.Keys);
        Assert.All(results.Values, result => Assert.True(result is { Backend: "Wsl", Subject: "test" }, Describe(result)));
        AssertOnlySharedKernel(results); // The distribution's.

        // Looked at in the distribution: on this side there is no process to look at.
        Assert.True(results["priv.host-root"] is { Verdict: IsolationVerdict.Isolated, ObservedBy: IsolationObserver.Host }, Describe(results["priv.host-root"]));
        Assert.All(results.Values.Where(result => result.Id.StartsWith("wsl.", StringComparison.Ordinal)), result => Assert.True(
            result.Verdict == IsolationVerdict.NotApplicable && result.Evidence.Contains("is not WSL's", StringComparison.Ordinal), Describe(result)));
    }

    [Fact]
    public async Task What_was_asked_for_is_declared_in_a_distribution_too()
    {
        Dictionary<string, IsolationResult> results = await TestInWslAsync(new SandboxSpecification { Backend = "Wsl", Network = NetworkMode.Host, Memory = 0 }, "net.abstract-unix", "res.memory");
        Assert.Equal(["net.abstract-unix", "res.memory"], results.Keys);
        Assert.All(results.Values, result => Assert.True(result.Verdict == IsolationVerdict.Declared, Describe(result)));
    }

    [Fact]
    public async Task A_run_in_a_distribution_that_is_given_up_leaves_nothing()
    {
        await using var host = new SandboxHost();
        await host.PrepareAsync("Wsl");
        await foreach (IsolationResult result in new IsolationTester(host.Manager).TestAsync("test", new SandboxSpecification { Backend = "Wsl" }))
        {
            Assert.Equal("fs.host-path", result.Id);
            break;
        }

        // The distribution's side learns of it by the end of its input, and removes the sibling then.
        string sandboxes = Path.Combine(Wsl.StandInWsl.StateOf(host.Home).Data, "sandboxes");
        for (int i = 0; i < 200 && Directory.EnumerateFileSystemEntries(sandboxes).Any(); i++)
        {
            await Task.Delay(50);
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(sandboxes));
    }

    private static async Task<Dictionary<string, IsolationResult>> TestInWslAsync(SandboxSpecification specification, params string[] ids)
    {
        await using var host = new SandboxHost();
        await host.PrepareAsync("Wsl");
        var results = new Dictionary<string, IsolationResult>();
        await foreach (IsolationResult result in new IsolationTester(host.Manager).TestAsync("test", specification, ids.Length == 0 ? null : ids))
        {
            results.Add(result.Id, result);
        }

        Assert.Empty(host.Manager.List());
        return results;
    }
}
