using AgentSandbox.Backends.Docker.Containers;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Endpoint;

namespace AgentSandbox.IntegrationTests.Behaviour;

/// <summary>The machine's own container engine, asked without this product's sandboxes in between. test.sh starts one when none runs.</summary>
internal static class TestEngine
{
    public static IDockerEngine Client { get; } = new DockerEngine(DockerEndpointResolver.Resolve(), DockerCliSurroundings.Current);

    /// <summary>Whether the engine has the first container of a sandbox, or one that took its place.</summary>
    public static bool Has(string container) => Task.Run(async () =>
        await Client.InspectContainerAsync(container, CancellationToken.None) is not null
        || (await Client.ListContainersAsync([$"{ContainerLabels.Id}={container}"], CancellationToken.None)).Count > 0).GetAwaiter().GetResult();
}
