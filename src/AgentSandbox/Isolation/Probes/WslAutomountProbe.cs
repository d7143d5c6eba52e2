using AgentSandbox.Isolation.Wsl;

namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether a file system of Windows is mounted where a payload is: <c>/mnt/c</c> is the Windows user's own files, with that user's rights.</summary>
internal sealed class WslAutomountProbe : HostProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "wsl.automount",
        IsolationCategory.FileSystem,
        IsolationSeverity.Critical,
        "Does the sandbox have Windows' drives mounted?",
        "proc_pid_mountinfo(5), wsl.conf [automount]",
        "The distribution of Install-SandboxBackend Wsl, which mounts none; no -Mount from /mnt.");

    /// <inheritdoc/>
    public override string? DeclaredBy(ProbeContext context)
    {
        SandboxMount[] asked = [.. context.Specification.Mounts.Where(mount => Seen(context).Contains(mount.Target.TrimEnd('/'), StringComparer.Ordinal))];
        return asked.Length > 0 && asked.Length >= Seen(context).Length ? string.Join(", ", asked.Select(mount => $"-Mount {mount}")) : null;
    }

    /// <inheritdoc/>
    protected override string? MissingHere(ProbeContext context) => context.Wsl.WhyNot;

    /// <inheritdoc/>
    protected override IsolationFinding Look(ProbeContext context)
    {
        string[] seen = Seen(context);
        string[] here = [.. WindowsMounts.In(File.ReadAllLines("/proc/self/mountinfo"), context.Wsl.FileSystemTypes)];
        string distribution = $"The distribution has {(here.Length == 0 ? "none" : string.Join(", ", here))}; its {context.Wsl.Configuration.Description}.";
        return seen.Length > 0
            ? IsolationFinding.Host(true, $"{context.Payload.Subject} has file systems of Windows at {string.Join(", ", seen)}. {distribution}")
            : IsolationFinding.Host(false, $"Among the mounts of {context.Payload.Name} is no file system of Windows. {distribution}");
    }

    private static string[] Seen(ProbeContext context) => [.. context.Payload.Each(process => WindowsMounts.In(process.ReadLines("mountinfo"), context.Wsl.FileSystemTypes)).SelectMany(points => points).Distinct()];
}
