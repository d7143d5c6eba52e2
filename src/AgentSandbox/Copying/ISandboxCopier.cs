namespace AgentSandbox.Copying;

/// <summary>Copies files between the host and one sandbox. How they travel is the sandbox's kind's to say.</summary>
internal interface ISandboxCopier
{
    /// <summary>Copies into the sandbox.</summary>
    /// <param name="hostPath">Absolute path of the source.</param>
    /// <param name="sandboxPath">Path of the destination.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What was copied.</returns>
    /// <exception cref="SandboxException">It could not be copied.</exception>
    Task<CopyResult> SendAsync(string hostPath, string sandboxPath, CancellationToken cancellationToken);

    /// <summary>Copies out of the sandbox.</summary>
    /// <param name="sandboxPath">Path of the source.</param>
    /// <param name="hostPath">Absolute path of the destination.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What was copied.</returns>
    /// <exception cref="SandboxException">It could not be copied.</exception>
    Task<CopyResult> ReceiveAsync(string sandboxPath, string hostPath, CancellationToken cancellationToken);
}
