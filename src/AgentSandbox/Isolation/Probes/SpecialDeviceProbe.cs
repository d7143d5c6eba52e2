namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether a payload can open devices that lead to the kernel, its log, its networks or a virtual machine. Nothing is read or written; a node of that name that is another device is none.</summary>
internal sealed class SpecialDeviceProbe : KernelCallProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "device.special",
        IsolationCategory.Device,
        IsolationSeverity.Medium,
        "Can the sandbox open kmsg, kvm, fuse, tun or memory?",
        "mem(4), proc_kmsg(5)",
        "-Backend Nspawn; on chroot an unprivileged user (no -User root).");

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(ProbeContext context, bool onHost) => ["/dev/mem", "1:1", "/dev/kmsg", "1:11", "/dev/kvm", "10:232", "/dev/net/tun", "10:200", "/dev/fuse", "10:229"];

    /// <inheritdoc/>
    protected override string? MissingHere(ProbeContext context) =>
        context.Payload.IsOwnKernel ? "The sandbox's kernel is its own, and so are the devices that it shows: none of the host's is passed on." : null;
}
