using System.Globalization;
using AgentSandbox.Isolation.Observation;

namespace AgentSandbox.Isolation.Probes;

/// <summary>Whether files that a sandbox makes belong to the host's root: on a disk that somebody mounts elsewhere they would be root's there.</summary>
internal sealed class HostOwnerProbe : FileMarkProbe
{
    /// <inheritdoc/>
    public override IsolationProbeInfo Info { get; } = new(
        "fs.host-owner",
        IsolationCategory.FileSystem,
        IsolationSeverity.High,
        "Do files that the sandbox makes belong to the host's root?",
        "user_namespaces(7), CIS Docker Benchmark 5.31",
        "-Backend Nspawn, which has a user namespace; elsewhere no -User root.");

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Folders { get; } = ["/home/sandbox", "/tmp", "/var/tmp", "/root", "/run", "/dev/shm", "/"];

    /// <inheritdoc/>
    protected override IsolationFinding? Before(ProbeContext context)
    {
        // The last of the four is the one that a file is made with: credentials(7). A payload could give a file away, but not make it as another.
        bool isRoot = !context.Payload.IsOwnKernel && context.Payload.Each(process => process.Status("Uid").Split('\t')[^1])[0] == "0";
        return isRoot ? IsolationFinding.Host(true, "The payload makes files as the host's user 0.") : null;
    }

    /// <inheritdoc/>
    protected override IsolationFinding Look(ProbeContext context, string name, ProbeAnswer answer)
    {
        PayloadProcess files = context.Payload.Files ?? throw new ProbeFailedException("The host sees no process that has the sandbox's files.");
        (string Folder, uint Owner)[] found = [.. from folder in Folders let owner = FileMark.OwnerOf(files.Folder + "/root", folder, name) where owner is not null select (folder, owner.Value)];
        return found.Length == 0
            ? IsolationFinding.Inconclusive($"No file that the sandbox makes is where the host can see it ({answer.Description}).")
            : IsolationFinding.Host(
                found.Any(file => file.Owner == 0),
                $"On the host a file of the sandbox belongs to {string.Join(", ", found.Select(file => string.Create(CultureInfo.InvariantCulture, $"user {file.Owner} ({file.Folder})")))}.");
    }
}
