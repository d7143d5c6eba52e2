namespace AgentSandbox;

/// <summary>A root file system to make sandboxes from.</summary>
public sealed record SandboxImage
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Where it came from: <c>BuiltIn</c>, <c>Directory</c>, <c>Archive</c> or <c>Distribution</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The folder, archive or release that it was made from.</summary>
    public required string Source { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Bytes on the disk.</summary>
    public required long Size { get; init; }

    /// <summary>Folder that holds the root file system; never written by a sandbox.</summary>
    public required string RootPath { get; init; }

    /// <summary>Folders of the host that are bound read-only into every sandbox of this image, at the same path; <c>/usr</c> for the built-in image, else none.</summary>
    public IReadOnlyList<string> HostBinds { get; init; } = [];

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>How far a long step is.</summary>
/// <param name="Activity">What is being done.</param>
/// <param name="Status">What happens right now.</param>
/// <param name="PercentComplete">0-100, or -1 when unknown.</param>
public sealed record SandboxProgress(string Activity, string Status, int PercentComplete = -1);
