using AgentSandbox.Backends.Wsl.Wire;
using AgentSandbox.Copying;

namespace AgentSandbox.Backends.Wsl.Mounts;

/// <summary>The mounts of a specification whose sources are on a drive of this machine, sent into the distribution when the sandbox is made.</summary>
internal sealed class MountCopies
{
    private readonly IReadOnlyList<SandboxMount> _mounts;

    /// <summary>Finds them.</summary>
    /// <param name="mounts">All mounts.</param>
    public MountCopies(IReadOnlyList<SandboxMount> mounts)
    {
        _mounts = mounts;
        Indexes = [.. Enumerable.Range(0, mounts.Count).Where(i => !WslMount.IsInDistribution(mounts[i].Source))];
    }

    /// <summary>Their places among all mounts, in the order in which they are sent.</summary>
    public IReadOnlyList<int> Indexes { get; }

    /// <summary>Sends an archive of each.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="progress">Told which is being sent.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that completes when all are sent.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.CopyRefused"/> or <see cref="SandboxErrorId.CopyFailed"/>: one can't be read.</exception>
    public async Task SendAsync(Stream stream, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken)
    {
        foreach (int i in Indexes)
        {
            string source = _mounts[i].Source;
            progress?.Report(new SandboxProgress("Copying into the distribution", source));
            await BlockingStream.RunAsync(() =>
            {
                var chunks = new ChunkedStream(new BlockingStream(stream, cancellationToken));
                new DriveArchiver(chunks).Run(source, cancellationToken);
                chunks.WriteEnd();
            });
        }
    }
}
