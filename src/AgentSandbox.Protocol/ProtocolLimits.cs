namespace AgentSandbox.Protocol;

/// <summary>
/// Sizes and deadlines of the guest channel. Both ends enforce them; the host never trusts the guest to.
/// Values and their origin: docs/design/guest-channel.md.
/// </summary>
public static class ProtocolLimits
{
    /// <summary>First field of a HELLO; anything else on the wire is not our guest.</summary>
    public const string Magic = "AGSB";

    /// <summary>Oldest protocol generation that this build speaks.</summary>
    public const int MinGeneration = 1;

    /// <summary>Newest protocol generation that this build speaks.</summary>
    public const int MaxGeneration = 1;

    /// <summary>Bytes of a frame header.</summary>
    public const int HeaderSize = 12;

    /// <summary>Largest DATA payload, in bytes.</summary>
    public const int MaxData = 64 * 1024;

    /// <summary>Largest payload of every other frame, in bytes.</summary>
    public const int MaxControl = 256 * 1024;

    /// <summary>
    /// Largest OPEN message in bytes, after its continuation frames are joined. Above the 2 MiB that Linux takes as arguments
    /// (execve(2)), so that it is the kernel, not the channel, that refuses an argument list.
    /// </summary>
    public const int MaxOpen = 8 * 1024 * 1024;

    /// <summary>Deepest nesting of a control message.</summary>
    public const int MaxJsonDepth = 8;

    /// <summary>Credit in bytes that each stream starts with in each direction.</summary>
    public const int InitialWindow = 256 * 1024;

    /// <summary>A receiver returns credit once this many bytes were consumed.</summary>
    public const int WindowRefill = InitialWindow / 2;

    /// <summary>Commands that may be open on one connection at once.</summary>
    public const int MaxChannels = 64;

    /// <summary>Connections that a guest serves at once.</summary>
    public const int MaxConnections = 16;

    /// <summary>Bytes that a guest may hold in queues over all its connections.</summary>
    public const int MaxGuestBuffer = 16 * 1024 * 1024;

    /// <summary>Time that both ends give the other to say HELLO.</summary>
    public static readonly TimeSpan HelloTimeout = TimeSpan.FromSeconds(10);

    /// <summary>After a command's first process has exited, a pipe that stays silent this long counts as drained.</summary>
    public static readonly TimeSpan DrainIdle = TimeSpan.FromMilliseconds(250);

    /// <summary>After a command's first process has exited, its pipes are read at most this long while the reader has credit.</summary>
    public static readonly TimeSpan DrainTotal = TimeSpan.FromSeconds(2);

    /// <summary>Time between SIGTERM and SIGKILL when a command is ended.</summary>
    public static readonly TimeSpan KillGrace = TimeSpan.FromSeconds(5);
}
