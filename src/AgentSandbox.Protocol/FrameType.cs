namespace AgentSandbox.Protocol;

/// <summary>What a frame carries. Messages are append-only: a number is never reused.</summary>
public enum FrameType : byte
{
    /// <summary>First frame in both directions, channel 0: <see cref="HelloMessage"/>.</summary>
    Hello = 1,

    /// <summary>Host to guest: start a command on a new channel: <see cref="OpenMessage"/>. <see cref="FrameFlags.More"/> says that another OPEN frame continues the message.</summary>
    Open = 2,

    /// <summary>Guest to host: the command runs: <see cref="OpenedMessage"/>.</summary>
    Opened = 3,

    /// <summary>Guest to host: the command could not be started, the channel is gone: <see cref="FailMessage"/>.</summary>
    Fail = 4,

    /// <summary>Raw bytes of the stream that the flags name (<see cref="StreamId"/>).</summary>
    Data = 5,

    /// <summary>No more bytes on the stream that the flags name; no payload. From the guest for standard input, optional: nothing reads it any more.</summary>
    Eof = 6,

    /// <summary>Credit for the stream that the flags name; payload is a 32-bit big-endian number of bytes.</summary>
    Window = 7,

    /// <summary>Host to guest: <see cref="SignalMessage"/>.</summary>
    Signal = 8,

    /// <summary>Host to guest, for a command with a terminal: its new size, <see cref="TerminalMessage"/>.</summary>
    Resize = 9,

    /// <summary>Guest to host, last frame of a channel: <see cref="ExitMessage"/>.</summary>
    Exit = 10,

    /// <summary>Host to guest: the host has lost interest in the channel; the guest ends the command and answers with EXIT.</summary>
    Close = 11,

    /// <summary>Either way, channel 0: the payload comes back in a PONG.</summary>
    Ping = 12,

    /// <summary>Answer to PING with its payload.</summary>
    Pong = 13,

    /// <summary>Either way, channel 0: the sender closes the connection because of what it received: <see cref="FailMessage"/>.</summary>
    Error = 14,
}

/// <summary>Numbers of a command's streams, as in POSIX.</summary>
public enum StreamId : byte
{
    /// <summary>Standard input, host to guest.</summary>
    StandardInput = 0,

    /// <summary>Standard output, guest to host.</summary>
    StandardOutput = 1,

    /// <summary>Standard error, guest to host.</summary>
    StandardError = 2,
}

/// <summary>Bits of the flags byte on frames other than DATA, EOF and WINDOW, where that byte is a <see cref="StreamId"/>.</summary>
public static class FrameFlags
{
    /// <summary>Another frame of the same type and channel continues the message.</summary>
    public const byte More = 1;
}
