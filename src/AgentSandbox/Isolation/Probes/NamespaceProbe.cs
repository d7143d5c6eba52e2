using System.Globalization;
using AgentSandbox.Isolation.Observation;

namespace AgentSandbox.Isolation.Probes;

/// <summary>
/// Which namespaces a payload shares with the host. Each of those that count holds objects of the host, which other probes then reach; this one says so also
/// where nothing that is reached today shows it. Not counted are the time namespace, which holds two offsets that are only read, and the user namespace of
/// a payload for which it decides nothing: it is not root, has no capability, and can gain neither.
/// </summary>
internal sealed class NamespaceProbe : HostProbe
{
    // By their names in /proc/PID/ns.
    private static readonly string[] s_counted = ["pid", "mnt", "net", "ipc", "uts", "cgroup"];

    // Of a kernel of the sandbox's own: what it does here for a payload goes by files and packets. Processes, memory and names it gives out itself.
    private static readonly string[] s_countedOfKernel = ["mnt", "net"];

    private static readonly string[] s_capabilities = ["CapEff", "CapPrm", "CapInh"]; // proc_pid_status(5)

    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "ns.inventory",
        IsolationCategory.Kernel,
        IsolationSeverity.Medium,
        "Does a payload share namespaces with the host?",
        "namespaces(7), proc_pid_ns(5), user_namespaces(7)",
        "-Backend Nspawn with -Network None, which shares none that counts.");

    /// <inheritdoc/>
    /// <remarks>Only when the network is all that is shared: nobody asked for the others.</remarks>
    public override string? DeclaredBy(ProbeContext context) => Counted(context.Payload, Shared(context.Payload)) is ["net"] ? HostFacts.HostNetwork(context) : null;

    /// <inheritdoc/>
    protected override IsolationFinding Look(ProbeContext context)
    {
        PayloadView payload = context.Payload;
        string[] shared = Shared(payload);
        string[] counted = Counted(payload, shared);
        string[] others = [.. shared.Except(counted)];
        string also = others.Length == 0 ? "" : $" The host's too, but not counted: {string.Join(", ", others.Select(Explain))}.";
        return counted.Length > 0
            ? IsolationFinding.Host(true, $"{payload.Subject} is in the host's namespaces {string.Join(", ", counted)}.{also}")
            : IsolationFinding.Host(false, $"{payload.Subject} has its own namespaces {string.Join(", ", All().Except(shared))}.{also}");
    }

    private static IEnumerable<string> All() => s_counted.Append("user").Append("time").Where(kind => new FileInfo("/proc/self/ns/" + kind).LinkTarget is not null); // Not every kernel has each.

    private static string[] Shared(PayloadView payload) => [.. All().Where(payload.SharesNamespace)];

    private static string[] Counted(PayloadView payload, string[] shared) =>
        [.. shared.Where(kind => (payload.IsOwnKernel ? s_countedOfKernel : s_counted).Contains(kind) || (kind == "user" && payload.Each(HasRights).Any(has => has)))];

    /// <summary>Whether a user namespace decides what a process may do: its root, or a capability in it, is worth what the namespace is.</summary>
    private static bool HasRights(PayloadProcess process) =>
        process.SharesNamespace("user")
        && (process.Status("Uid").Split('\t').Contains("0")
            || process.Status("NoNewPrivs") != "1"
            || s_capabilities.Any(set => ulong.Parse(process.Status(set), NumberStyles.HexNumber, CultureInfo.InvariantCulture) != 0));

    private static string Explain(string kind) => kind switch
    {
        "user" => "user (no root, no capability and no way to one)",
        "time" => "time (two offsets, only read)",
        _ => $"{kind} (that kernel gives out its own)",
    };
}
