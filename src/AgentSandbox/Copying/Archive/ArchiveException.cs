namespace AgentSandbox.Copying.Archive;

/// <summary>Why an archive is not read on.</summary>
internal enum ArchiveFault
{
    /// <summary>It is cut off, or is no tar archive at all.</summary>
    Damaged,

    /// <summary>It holds what is not allowed: a path that leaves the destination, a type that is never made, too many entries.</summary>
    Refused,

    /// <summary>It holds more bytes than it may.</summary>
    TooLarge,
}

/// <summary>An archive can't or must not be read on. The message is printable: bytes of the archive were cleaned.</summary>
internal sealed class ArchiveException(ArchiveFault fault, string message) : Exception(message)
{
    /// <summary>Why.</summary>
    public ArchiveFault Fault { get; } = fault;
}
