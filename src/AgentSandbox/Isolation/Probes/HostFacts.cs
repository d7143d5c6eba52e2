using System.Globalization;
using AgentSandbox.Isolation.Observation;

namespace AgentSandbox.Isolation.Probes;

/// <summary>What the host sees of a payload and several probes build on.</summary>
internal static class HostFacts
{
    private const int SystemAdministration = 21; // CAP_SYS_ADMIN

    /// <summary>A process can name only processes of its own namespace and those below: pid_namespaces(7).</summary>
    public static string? OwnProcesses(PayloadView payload) =>
        payload.SharesNamespace("pid") ? null : $"{payload.Subject} has a process namespace of its own, so it has no number for a process of the host.";

    /// <summary>Abstract sockets belong to a network namespace: unix(7), network_namespaces(7).</summary>
    public static string? OwnNetwork(PayloadView payload) =>
        payload.SharesNamespace("net") ? null : $"{payload.Subject} has a network namespace of its own.";

    /// <summary>A network namespace of its own in which no interface but loopback exists, so that no packet leaves it.</summary>
    public static string? NoInterface(PayloadView payload) =>
        !payload.SharesNamespace("net") && payload.Each(process => process.ReadLines("net/dev").Skip(2).All(line => line.TrimStart().StartsWith("lo:", StringComparison.Ordinal))).All(only => only)
            ? $"{payload.Subject} has a network namespace of its own with no interface but loopback."
            : null;

    /// <summary>Whether a payload may mount, and so make a read-only mount writable: CAP_SYS_ADMIN in the host's own user namespace, capabilities(7).</summary>
    public static bool CanMount(PayloadView payload) => payload.Each(process =>
        ((Set(process, "CapEff") | Set(process, "CapPrm") | Set(process, "CapInh")) >> SystemAdministration & 1) != 0 && process.SharesNamespace("user")).Any(can => can);

    /// <summary>The parameter that puts a sandbox on the host's network, where the backend has another network to offer.</summary>
    public static string? HostNetwork(ProbeContext context) =>
        context.Specification.Network == NetworkMode.Host && context.Defaults.Network != NetworkMode.Host ? "-Network Host" : null;

    /// <summary>The allowance that opens what is closed by default.</summary>
    public static string? Allowed(ProbeContext context, SandboxAllowance allowance) => context.Specification.Allows(allowance) ? $"-Allow {allowance}" : null;

    /// <summary>The mount that shows a path of the host.</summary>
    public static string? MountOf(ProbeContext context, string path, bool writable)
    {
        SandboxMount? mount = context.Specification.Mounts.FirstOrDefault(
            mount => (path + "/").StartsWith(mount.Source.TrimEnd('/') + "/", StringComparison.Ordinal) && !(writable && mount.ReadOnly));
        return mount is null ? null : $"-Mount {mount}";
    }

    private static ulong Set(PayloadProcess process, string name) => ulong.Parse(process.Status(name), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
