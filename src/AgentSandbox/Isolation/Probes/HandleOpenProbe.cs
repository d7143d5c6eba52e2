namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether a payload can open files by their number, past every mount. Asked with a number that no file has.</summary>
internal sealed class HandleOpenProbe : KernelCallProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "kernel.handle-open",
        IsolationCategory.Kernel,
        IsolationSeverity.High,
        "Can the sandbox open files by handle, past its root?",
        "open_by_handle_at(2), capabilities(7)",
        "-Backend Nspawn, whose system call filter refuses it.");
}
