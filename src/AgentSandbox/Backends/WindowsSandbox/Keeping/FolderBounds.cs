namespace AgentSandbox.Backends.WindowsSandbox.Keeping;

/// <summary>How much may be in the folder that a guest writes. A guest that keeps to the protocol is far below each.</summary>
internal sealed record FolderBounds
{
    /// <summary>The values that the product uses.</summary>
    public static FolderBounds Default { get; } = new();

    /// <summary>Connections, each a folder: more than a guest serves.</summary>
    public int MaxFolders { get; init; } = 256;

    /// <summary>Files in all of them together.</summary>
    public int MaxFiles { get; init; } = 2048;

    /// <summary>Bytes of one file: a segment, with room for the block that ends it.</summary>
    public long MaxFileBytes { get; init; } = 8L << 20;

    /// <summary>Bytes of all files together.</summary>
    public long MaxBytes { get; init; } = 1L << 30;
}
