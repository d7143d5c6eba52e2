using AgentSandbox.Copying;

namespace AgentSandbox;

public sealed partial class SandboxManager
{
    /// <summary>Copies a file or folder of the host into a sandbox, as tar through the guest program, with the rights of <paramref name="user"/> there.</summary>
    /// <param name="id">The sandbox's id.</param>
    /// <param name="hostPath">File or folder on the host. Its last part must not be a symbolic link.</param>
    /// <param name="sandboxPath">Absolute path in the sandbox. An existing folder, or a path that ends in '/', receives the source under its own name (as cp(1) does); else it becomes that path.</param>
    /// <param name="user">User in the sandbox; null is the sandbox's default.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Cancels; what arrived stays.</param>
    /// <returns>What was copied, and what was left out.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.CopyPathNotFound"/>, <see cref="SandboxErrorId.CopyRefused"/>, <see cref="SandboxErrorId.CopyFailed"/> or <see cref="SandboxErrorId.DiskFull"/>.</exception>
    public async Task<CopyResult> CopyToAsync(string id, string hostPath, string sandboxPath, string? user = null, IProgress<CopyProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(hostPath);
        ArgumentException.ThrowIfNullOrEmpty(sandboxPath);
        return await (await CopierAsync(id, user, progress, cancellationToken)).SendAsync(Path.GetFullPath(hostPath), sandboxPath, cancellationToken);
    }

    /// <summary>Copies a file or folder out of a sandbox, as tar through the guest program. The archive is hostile input: only files, folders and links below the destination are made, no link is followed.</summary>
    /// <param name="id">The sandbox's id.</param>
    /// <param name="sandboxPath">Absolute path in the sandbox; a link there is followed.</param>
    /// <param name="hostPath">Path on the host; the rules of <see cref="CopyToAsync"/> apply. Its last part must not be a symbolic link.</param>
    /// <param name="user">User in the sandbox; null is the sandbox's default.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Cancels; what arrived stays.</param>
    /// <returns>What was copied, and what was left out.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.CopyPathNotFound"/>, <see cref="SandboxErrorId.CopyRefused"/>, <see cref="SandboxErrorId.CopyFailed"/> or <see cref="SandboxErrorId.DiskFull"/>.</exception>
    public async Task<CopyResult> CopyFromAsync(string id, string sandboxPath, string hostPath, string? user = null, IProgress<CopyProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(hostPath);
        ArgumentException.ThrowIfNullOrEmpty(sandboxPath);
        return await (await CopierAsync(id, user, progress, cancellationToken)).ReceiveAsync(sandboxPath, Path.GetFullPath(hostPath), cancellationToken);
    }

    private async Task<ISandboxCopier> CopierAsync(string id, string? user, IProgress<CopyProgress>? progress, CancellationToken cancellationToken) =>
        await (await OwnerAsync(id, cancellationToken)).TryGetCopierAsync(id, user, progress, cancellationToken)
        ?? new CopyTransfer((command, token) => StartCommandAsync(id, command, token), user, progress);
}
