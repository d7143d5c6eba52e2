namespace AgentSandbox.Protocol.FileChannel;

/// <summary>Sizes and deadlines of the file channel. Both ends enforce them; the host never trusts the guest to. Their origin: docs/design/file-channel.md.</summary>
public static class FileChannelLimits
{
    /// <summary>Bytes of a block's header.</summary>
    public const int HeaderSize = 40;

    /// <summary>Largest payload of a block, in bytes.</summary>
    public const int MaxPayload = 64 * 1024;

    /// <summary>Largest segment file, in bytes; a Roll block is its last.</summary>
    public const int MaxSegment = 4 * 1024 * 1024;

    /// <summary>Bytes of the stream that may be written and not be acknowledged.</summary>
    public const int Window = 1024 * 1024;

    /// <summary>A reader acknowledges at the latest when it has consumed this many bytes since it last did.</summary>
    public const int AcknowledgeAfter = Window / 4;

    /// <summary>Highest number of a segment: eight decimal digits, which is 400 TB.</summary>
    public const int LastSegment = 99_999_999;

    /// <summary>Each end writes something at least this often.</summary>
    public static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(10);

    /// <summary>A channel whose other end has written nothing for so long is dead.</summary>
    public static readonly TimeSpan DeadAfter = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long a block may be seen in part. A mapped folder shows the parts of a write in any order: zeros, or a checksum that does not
    /// fit, are at first a write that has not arrived wholly.
    /// </summary>
    public static readonly TimeSpan ArrivalTimeout = TimeSpan.FromSeconds(5);

    /// <summary>How long an end that closes waits for the other to have read everything, before it removes its files.</summary>
    public static readonly TimeSpan Linger = TimeSpan.FromSeconds(2);
}
