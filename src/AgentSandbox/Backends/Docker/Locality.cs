using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Model;

namespace AgentSandbox.Backends.Docker;

/// <summary>
/// Finds out whether an engine runs on this very machine. A Unix socket alone does not say so: it may lead into Docker Desktop's virtual machine,
/// through ssh, or out of the container that this process is in.
/// </summary>
internal static class Locality
{
    /// <summary>Compares what the engine says about its machine with this one.</summary>
    /// <param name="endpoint">Where it is.</param>
    /// <param name="info">What it says.</param>
    /// <returns>True when nothing speaks against it.</returns>
    public static bool IsLocal(DockerEndpoint endpoint, EngineInfo info) =>
        OperatingSystem.IsLinux()
        && endpoint.Address.StartsWith("unix://", StringComparison.Ordinal)
        && string.Equals(info.Name, Read("/proc/sys/kernel/hostname"), StringComparison.Ordinal)
        && string.Equals(info.KernelVersion, Read("/proc/sys/kernel/osrelease"), StringComparison.Ordinal);

    private static string Read(string file) => File.ReadAllText(file).Trim();
}
