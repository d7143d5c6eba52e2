using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Endpoint;

namespace AgentSandbox.IntegrationTests.Behaviour;

/// <summary>The machine's own container engine, asked without this product's sandboxes in between. test.sh starts one when none runs.</summary>
internal static class TestEngine
{
    public static IDockerEngine Client { get; } = new DockerEngine(DockerEndpointResolver.Resolve(), DockerCliSurroundings.Current);

    public static bool Has(string container) => Task.Run(() => Client.InspectContainerAsync(container, CancellationToken.None)).GetAwaiter().GetResult() is not null;
}
