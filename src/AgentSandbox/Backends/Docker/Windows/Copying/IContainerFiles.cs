namespace AgentSandbox.Backends.Docker.Windows.Copying;

/// <summary>What is at a path in a container.</summary>
internal enum PathKind
{
    /// <summary>Nothing.</summary>
    Nothing = 0,

    /// <summary>A folder.</summary>
    Folder = 1,

    /// <summary>A file, or anything else.</summary>
    Other = 2,
}

/// <summary>The files of a Windows container as archives: by the engine while it is stopped, by a program in it while it runs.</summary>
internal interface IContainerFiles
{
    /// <summary>Looks at a path.</summary>
    /// <param name="path">A path in normal form.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What is there.</returns>
    Task<PathKind> LookAsync(string path, CancellationToken cancellationToken);

    /// <summary>Extracts an archive.</summary>
    /// <param name="folder">An existing folder in the container.</param>
    /// <param name="write">Writes the archive.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that completes when all is extracted.</returns>
    Task ExtractAsync(string folder, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken);

    /// <summary>Makes an archive of a file or folder.</summary>
    /// <param name="folder">The folder that it is in.</param>
    /// <param name="name">Its name there, which is the first component of each path in the archive.</param>
    /// <param name="read">Reads the archive: hostile input.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that completes when all is read and its maker says that it is whole.</returns>
    Task CreateAsync(string folder, string name, Func<Stream, CancellationToken, Task> read, CancellationToken cancellationToken);
}
