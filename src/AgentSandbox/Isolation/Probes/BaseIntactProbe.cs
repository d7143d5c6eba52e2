using AgentSandbox.Isolation.Observation;

namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether what a sandbox writes stays its own, or changes what its root is made from: the image, which others start from, or the host's /usr.</summary>
internal sealed class BaseIntactProbe : FileMarkProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "fs.base-intact",
        IsolationCategory.FileSystem,
        IsolationSeverity.High,
        "Does what the sandbox writes reach its image, or the host's programs?",
        "mount_namespaces(7), mount(8) on overlay",
        "-Backend Nspawn; on chroot an unprivileged user (no -User root).");

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Folders { get; } =
        ["/", "/etc", "/home/sandbox", "/opt", "/root", "/srv", "/tmp", "/var", "/var/tmp", "/usr", "/usr/bin", "/usr/local"];

    /// <inheritdoc/>
    protected override IsolationFinding Look(ProbeContext context, string name, ProbeAnswer answer)
    {
        IReadOnlyList<BaseFolder> bases = BasesOf(context);
        string[] found = [.. Places(bases).Where(place => FileMark.OwnerOf(place.Root, place.Folder, name) is not null).Select(place => place.Root.TrimEnd('/') + place.Folder).Distinct()];
        if (found.Length > 0)
        {
            return IsolationFinding.Host(true, $"What the sandbox made is on the host in {string.Join(", ", found)}.");
        }

        if (!answer.SelfTest)
        {
            return IsolationFinding.Inconclusive($"The control in the sandbox failed ({answer.Description}).");
        }

        string looked = $"In {string.Join(", ", bases.Select(one => one.OnHost).Distinct())} the host finds nothing of it.";
        return RuledOut(context, bases)
            ? IsolationFinding.Host(false, $"The sandbox's root is an overlay, which writes to a layer of its own, or read-only. {looked} In the sandbox: {answer.Description}.")
            : new(IsolationVerdict.Isolated, IsolationObserver.GuestReport, $"{looked} In the sandbox: {answer.Description}.");
    }

    /// <inheritdoc/>
    protected override void Remove(ProbeContext context, string name)
    {
        foreach ((string root, string folder) in Places(BasesOf(context)))
        {
            FileMark.Remove(root, folder, name);
        }
    }

    /// <inheritdoc/>
    protected override IsolationFinding? Before(ProbeContext context)
    {
        BasesOf(context); // Where nothing can be found, nothing is made.
        return null;
    }

    private static IReadOnlyList<BaseFolder> BasesOf(ProbeContext context) => context.Bases ?? BaseFolder.Of(Mounts(context));

    private static IReadOnlyList<MountLine> Mounts(ProbeContext context) => context.Payload.Files is { } process
        ? MountLine.ParseAll(process.ReadLines("mountinfo"))
        : throw new ProbeFailedException("The host sees no process that has the sandbox's files.");

    /// <summary>Whether the mounts alone keep a payload from each of these folders, whatever the guest did or left undone.</summary>
    private static bool RuledOut(ProbeContext context, IReadOnlyList<BaseFolder> bases)
    {
        IReadOnlyList<MountLine> mounts = Mounts(context);
        return !HostFacts.CanMount(context.Payload)
            && bases.All(one => MountLine.Of(mounts, one.Inside) is { } mount && (mount.IsReadOnly || (one.Inside == "/" && mount.Type == "overlay")));
    }

    private IEnumerable<(string Root, string Folder)> Places(IReadOnlyList<BaseFolder> bases) =>
        from one in bases from folder in Folders let inside = one.Translate(folder) where inside is not null select (one.OnHost, inside);
}
