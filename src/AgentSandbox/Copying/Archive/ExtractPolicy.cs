namespace AgentSandbox.Copying.Archive;

/// <summary>What an extraction lets through. There are three: into a sandbox, out of one, and a root file system.</summary>
internal sealed record ExtractPolicy
{
    /// <summary>First component of every path in an archive that copies one file or folder; its real name is the receiver's to choose.</summary>
    public static ReadOnlySpan<byte> ItemName => "item\0"u8;

    /// <summary>A root file system: owners, exact permissions, capabilities and hard links are kept; anything wrong ends it.</summary>
    public bool IsRootFileSystem { get; init; }

    /// <summary>Links that are absolute or lead out are made. Only where the receiver is the sandbox itself, or a root file system that nobody follows links in.</summary>
    public bool AllowAnyLinkTarget { get; init; }

    /// <summary>Entries at most.</summary>
    public long MaxEntries { get; init; } = long.MaxValue;

    /// <summary>Bytes of content at most.</summary>
    public long MaxBytes { get; init; } = long.MaxValue;

    /// <summary>Bytes of paths that may be kept until the end (links are made last).</summary>
    public long MaxKept { get; init; } = 256L << 20;

    /// <summary>Into a sandbox: the archive is the host's own, and what it does harms the sandbox only.</summary>
    public static ExtractPolicy IntoSandbox { get; } = new() { AllowAnyLinkTarget = true };

    /// <summary>Out of a sandbox: hostile.</summary>
    public static ExtractPolicy OutOfSandbox { get; } = new() { MaxEntries = 1_000_000, MaxBytes = 10L << 30, MaxKept = 64L << 20 };

    /// <summary>A root file system: whoever made the archive is trusted with what runs in the sandbox, but with nothing on the host.</summary>
    public static ExtractPolicy RootFileSystem { get; } = new() { IsRootFileSystem = true, AllowAnyLinkTarget = true, MaxEntries = 5_000_000, MaxBytes = 64L << 30 };
}
