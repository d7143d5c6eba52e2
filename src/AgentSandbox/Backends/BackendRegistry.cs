using AgentSandbox.Backends.Chroot;
using AgentSandbox.Backends.Docker;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Endpoint;
using AgentSandbox.Backends.Docker.Linux;
using AgentSandbox.Backends.Docker.Windows;
using AgentSandbox.Backends.Linux.Local;
using AgentSandbox.Backends.Nspawn;
using AgentSandbox.Backends.WindowsSandbox;
using AgentSandbox.Backends.Wsl;
using AgentSandbox.Images;
using AgentSandbox.State;

namespace AgentSandbox.Backends;

/// <summary>The backends that this build has. A new one is a line here and a folder beside this file.</summary>
internal static class BackendRegistry
{
    /// <summary>Makes the backends of this machine's own kernel, strongest first.</summary>
    /// <param name="home">The state folder.</param>
    /// <returns>The backends.</returns>
    public static IReadOnlyList<ILocalBackend> Local(SandboxHome home) => [new NspawnBackend(home), new ChrootBackend(home)];

    /// <summary>Makes all places that keep sandboxes, with their backends. <c>Auto</c> asks them in this order.</summary>
    /// <param name="home">The state folder.</param>
    /// <param name="images">The images.</param>
    /// <param name="engine">The container engine; null is the one that the docker command line would use.</param>
    /// <returns>The providers.</returns>
    public static IReadOnlyList<ISandboxProvider> Create(SandboxHome home, ImageStore images, DockerEndpoint? engine) =>
        [new LocalSandboxes(home, images, Local(home)), new WindowsSandboxes(home), Engine(home, images, engine), new WslSandboxes(home)];

    private static EngineSandboxes Engine(SandboxHome home, ImageStore images, DockerEndpoint? engine)
    {
        var host = new EngineHost(() => new DockerEngine(engine ?? DockerEndpointResolver.Resolve(), DockerCliSurroundings.Current));
        return new EngineSandboxes(home, images, host, [new HyperVBackend(host), new GVisorBackend(host), new DockerBackend(host)]);
    }
}
