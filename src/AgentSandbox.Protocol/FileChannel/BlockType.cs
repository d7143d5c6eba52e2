namespace AgentSandbox.Protocol.FileChannel;

/// <summary>What a block of a file channel carries. A number is never reused.</summary>
public enum BlockType : byte
{
    /// <summary>Bytes of the stream.</summary>
    Data = 1,

    /// <summary>Nothing but what each block says: how much was consumed, and that its writer lives.</summary>
    Acknowledge = 2,

    /// <summary>The last block of its segment: the stream goes on in the next one.</summary>
    Roll = 3,

    /// <summary>The last block of all: its writer sends nothing more and reads nothing more.</summary>
    Close = 4,
}
