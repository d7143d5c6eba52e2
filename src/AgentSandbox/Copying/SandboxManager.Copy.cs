namespace AgentSandbox;

public sealed partial class SandboxManager
{
    /// <summary>Copies a file or folder of the host into a sandbox, as tar through the guest program, with the rights of <paramref name="user"/> there.</summary>
    /// <param name="id">The sandbox's id.</param>
    /// <param name="hostPath">File or folder on the host.</param>
    /// <param name="sandboxPath">Absolute path in the sandbox. An existing folder, or a path that ends in '/', receives the source under its own name (as cp(1) does); else it becomes that path.</param>
    /// <param name="user">User in the sandbox; null is the sandbox's default.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Cancels; what arrived stays.</param>
    /// <returns>What was copied.</returns>
    public Task<CopyResult> CopyToAsync(string id, string hostPath, string sandboxPath, string? user = null, IProgress<CopyProgress>? progress = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Copies a file or folder out of a sandbox, as tar through the guest program. The archive is hostile input: only files, folders and links below the destination are made, no link is followed.</summary>
    /// <param name="id">The sandbox's id.</param>
    /// <param name="sandboxPath">Absolute path in the sandbox.</param>
    /// <param name="hostPath">Path on the host; the rules of <see cref="CopyToAsync"/> apply.</param>
    /// <param name="user">User in the sandbox; null is the sandbox's default.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Cancels; what arrived stays.</param>
    /// <returns>What was copied.</returns>
    public Task<CopyResult> CopyFromAsync(string id, string sandboxPath, string hostPath, string? user = null, IProgress<CopyProgress>? progress = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();
}
