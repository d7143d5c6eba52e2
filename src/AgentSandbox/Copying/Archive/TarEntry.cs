namespace AgentSandbox.Copying.Archive;

/// <summary>What an entry of an archive is.</summary>
internal enum TarEntryKind
{
    /// <summary>A regular file, with content.</summary>
    File,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A symbolic link.</summary>
    SymbolicLink,

    /// <summary>Another name of a file that came before.</summary>
    HardLink,

    /// <summary>A character or block device, or a FIFO: never made.</summary>
    Special,
}

/// <summary>An entry of an archive, as the archive says; nothing in it is checked but its form. Names are bytes: a Linux name need not be text.</summary>
internal sealed record TarEntry
{
    /// <summary>Its kind.</summary>
    public required TarEntryKind Kind { get; init; }

    /// <summary>Its path.</summary>
    public required byte[] Path { get; init; }

    /// <summary>Target of a link, else empty.</summary>
    public byte[] LinkTarget { get; init; } = [];

    /// <summary>Bytes of content; 0 unless it is a file.</summary>
    public long Size { get; init; }

    /// <summary>Permissions, with setuid, setgid and sticky.</summary>
    public uint Mode { get; init; }

    /// <summary>User id.</summary>
    public long User { get; init; }

    /// <summary>Group id.</summary>
    public long Group { get; init; }

    /// <summary>Time of the last change, in seconds since 1970.</summary>
    public long Modified { get; init; }

    /// <summary>File capabilities (security.capability, capabilities(7)), else null.</summary>
    public byte[]? Capabilities { get; init; }
}
