using AgentSandbox.Backends.Docker;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Model;
using AgentSandbox.IntegrationTests.Docker.Engine;

namespace AgentSandbox.IntegrationTests.Docker.Windows;

/// <summary>What this machine's real engine, one of Linux containers, says to Hyper-V isolation.</summary>
/// <param name="fixture">The engine.</param>
public sealed class LinuxEngineTests(EngineFixture fixture) : IClassFixture<EngineFixture>
{
    [Fact]
    public async Task It_refuses_the_isolation_and_that_is_told_as_a_backend_that_is_not_there()
    {
        var request = new ContainerCreate { Image = fixture.Image, Cmd = ["/bin/busybox", "true"], HostConfig = new() { Isolation = "hyperv" } };
        DockerEngineException refused = await Assert.ThrowsAsync<DockerEngineException>(() => fixture.Engine.CreateContainerAsync($"agentsandbox-hyperv-{Guid.NewGuid():N}", request, EngineFixture.Soon));
        Assert.Contains("invalid isolation", refused.Message, StringComparison.OrdinalIgnoreCase);

        SandboxException error = EngineRefusal.Translate(refused, "The sandbox could not be made:", "x");
        Assert.Equal(SandboxErrorId.BackendNotAvailable, error.ErrorId);
        Assert.Contains(refused.Message, error.Message, StringComparison.Ordinal);
        Assert.Contains("Windows", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_backend_says_so_before_anything_is_asked_of_the_engine()
    {
        await using var manager = new SandboxManager();
        BackendInfo info = manager.GetBackends().Single(b => b.Name == "HyperV");
        Assert.False(info.Available);
        Assert.Equal(60, info.Strength);
        Assert.Contains("Linux containers", info.Reason, StringComparison.Ordinal);
        SandboxException error = await Assert.ThrowsAsync<SandboxException>(() => manager.CreateAsync(new SandboxSpecification { Backend = "hyperv", Image = fixture.Image }));
        Assert.Equal(SandboxErrorId.BackendNotAvailable, error.ErrorId);
    }
}
