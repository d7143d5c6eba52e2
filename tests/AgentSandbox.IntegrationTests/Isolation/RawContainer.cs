using AgentSandbox.IntegrationTests.Docker;
using AgentSandbox.Isolation;
using AgentSandbox.Isolation.Canaries;
using AgentSandbox.Isolation.Observation;

namespace AgentSandbox.IntegrationTests.Isolation;

/// <summary>Containers as people start them by hand, so that the probes are known to be able to fail on an engine too.</summary>
internal sealed partial class RawSandbox
{
    private const string Inside = "/agentsandbox-guest";

    /// <summary><c>docker run</c> with options of one's choice, as root.</summary>
    public static async Task<RawSandbox> ContainerAsync(params string[] options) =>
        await StartAsync(new SandboxSpecification { Backend = "raw" }, null, await RunAsync(options), null);

    /// <summary>The same with gVisor's runtime. What the host looks at is found as the backend finds it: by the engine's word.</summary>
    public static async Task<RawSandbox> GVisorContainerAsync(params string[] options)
    {
        string name = "agsb-raw-" + HostCanaries.NewSecret()[..12];
        string[] launcher = await RunAsync(["--runtime", "runsc", .. options]);
        return await StartAsync(
            new SandboxSpecification { Backend = "raw" },
            null,
            [.. launcher[..3], "--name", name, .. launcher[3..]],
            HostProbeRunner.For(launcher),
            ["probe", "hold", HostCanaries.NewSecret()],
            () => PayloadView.OfKernel(new PayloadProcess(int.Parse(
                TestImage.DockerAsync("inspect", "--format", "{{.State.Pid}}", name).GetAwaiter().GetResult(), System.Globalization.CultureInfo.InvariantCulture))));
    }

    private static async Task<string[]> RunAsync(string[] options) =>
        ["docker", "run", "--rm", "--interactive", "--volume", $"{GuestProgram.Path}:{Inside}:ro", .. options, await TestImage.NameAsync(), Inside];
}
