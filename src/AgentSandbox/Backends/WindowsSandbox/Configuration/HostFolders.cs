namespace AgentSandbox.Backends.WindowsSandbox.Configuration;

/// <summary>What a path on the host is.</summary>
internal enum HostPathKind
{
    /// <summary>Nothing that can be seen.</summary>
    Missing = 0,

    /// <summary>A file.</summary>
    File = 1,

    /// <summary>A folder, and so are all above it, none of them a link.</summary>
    Folder = 2,

    /// <summary>It, or a folder above it, is a link.</summary>
    Link = 3,
}

/// <summary>The host's file system, as far as mapping folders needs it. A seam for tests.</summary>
internal interface IHostFolders
{
    /// <summary>Paths are written as on Windows.</summary>
    bool IsWindows { get; }

    /// <summary>Looks at a path.</summary>
    /// <param name="path">An absolute path.</param>
    /// <returns>What it is.</returns>
    HostPathKind Look(string path);
}

/// <summary>The real one.</summary>
internal sealed class HostFolders : IHostFolders
{
    /// <inheritdoc/>
    public bool IsWindows => OperatingSystem.IsWindows();

    /// <inheritdoc/>
    public HostPathKind Look(string path)
    {
        if (File.Exists(path))
        {
            return HostPathKind.File;
        }

        if (!Directory.Exists(path))
        {
            return HostPathKind.Missing;
        }

        // A junction or symbolic link anywhere on the way could lead into what must not be mapped. Other reparse points, such as a cloud drive's, lead nowhere else.
        for (DirectoryInfo? folder = new(path); folder is not null; folder = folder.Parent)
        {
            if (folder.LinkTarget is not null)
            {
                return HostPathKind.Link;
            }
        }

        return HostPathKind.Folder;
    }
}
