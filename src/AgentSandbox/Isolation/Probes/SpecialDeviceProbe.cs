namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether a payload can open devices that lead to the kernel, its log, its networks or a virtual machine. Nothing is read or written; a node of that name that is another device is none.</summary>
internal sealed class SpecialDeviceProbe : KernelCallProbe
{
    private const string NetworkDevice = "/dev/net/tun";

    private bool _onlyNetworkDevice;

    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "device.special",
        IsolationCategory.Device,
        IsolationSeverity.Medium,
        "Can the sandbox open kmsg, kvm, fuse, tun or memory?",
        "mem(4), proc_kmsg(5)",
        "-Backend Nspawn without -Allow Tun; on chroot an unprivileged user (no -User root).");

    /// <summary>The one device that can be asked for. Any other that is open too, nobody asked for.</summary>
    public override string? DeclaredBy(ProbeContext context) => _onlyNetworkDevice ? HostFacts.Allowed(context, SandboxAllowance.Tun) : null;

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(ProbeContext context, bool onHost) => 
        ["/dev/mem", "1:1", "/dev/kmsg", "1:11", "/dev/kvm", "10:232", "/dev/fuse", "10:229", NetworkDevice, "10:200"];

    /// <summary>The devices are tried in their order, the one that can be asked for last: where the answer names it, the others are closed.</summary>
    protected override async Task<(ProbeAnswer Answer, bool Saw)> ObserveAsync(ProbeContext context, Func<Task<ProbeAnswer>> attempt, CancellationToken cancellationToken)
    {
        (ProbeAnswer answer, bool saw) = await base.ObserveAsync(context, attempt, cancellationToken);
        _onlyNetworkDevice = answer.Outcome == ProbeOutcome.Open && answer.Detail.Contains(NetworkDevice, StringComparison.Ordinal);
        return (answer, saw);
    }

    /// <inheritdoc/>
    protected override string? MissingHere(ProbeContext context) =>
        context.Payload.IsOwnKernel ? "The sandbox's kernel is its own, and so are the devices that it shows: none of the host's is passed on." : null;
}
