using System.Buffers.Binary;

namespace AgentSandbox.PowerShell.Remoting.Wire;

/// <summary>What a message is (MS-PSRP 2.2.1), of those that a server sends.</summary>
internal enum WireMessageKind : uint
{
    /// <summary>Versions, first of all.</summary>
    SessionCapability = 0x00010002,

    /// <summary>The key that secure strings are encrypted with.</summary>
    EncryptedSessionKey = 0x00010006,

    /// <summary>Asks for a key.</summary>
    PublicKeyRequest = 0x00010007,

    /// <summary>Answer to a change of the runspace pool, such as a reset.</summary>
    RunspacePoolOperationResponse = 0x00021004,

    /// <summary>State of the runspace pool.</summary>
    RunspacePoolStateInfo = 0x00021005,

    /// <summary>Number of free runspaces.</summary>
    AvailableRunspaces = 0x00021007,

    /// <summary>An event, also of its debugger.</summary>
    PSEventArgs = 0x00021008,

    /// <summary>What the server says about itself.</summary>
    ApplicationPrivateData = 0x00021009,

    /// <summary>Size of the runspace pool.</summary>
    RunspacePoolInitData = 0x0002100B,

    /// <summary>The session wants something of our host.</summary>
    RunspaceHostCall = 0x00021100,

    /// <summary>An object of the output.</summary>
    Output = 0x00041004,

    /// <summary>An error.</summary>
    ErrorRecord = 0x00041005,

    /// <summary>State of the pipeline.</summary>
    PipelineState = 0x00041006,

    /// <summary>A debug record.</summary>
    Debug = 0x00041007,

    /// <summary>A verbose record.</summary>
    Verbose = 0x00041008,

    /// <summary>A warning.</summary>
    Warning = 0x00041009,

    /// <summary>Progress.</summary>
    Progress = 0x00041010,

    /// <summary>An information record.</summary>
    Information = 0x00041011,

    /// <summary>The pipeline wants something of our host.</summary>
    PipelineHostCall = 0x00041100,
}

/// <summary>A message: destination, kind, pool and pipeline, then CLIXML.</summary>
/// <param name="kind">What it is.</param>
/// <param name="pipeline">Its pipeline, or <see cref="Guid.Empty"/>.</param>
/// <param name="bytes">All of it.</param>
internal sealed class WireMessage(WireMessageKind kind, Guid pipeline, byte[] bytes)
{
    /// <summary>Bytes before the CLIXML.</summary>
    public const int HeaderLength = 4 + 4 + 16 + 16;

    /// <summary>Destination of what a server sends.</summary>
    public const uint Client = 1;

    /// <summary>Destination of what a client sends.</summary>
    public const uint Server = 2;

    /// <summary>Kind of a message that only a client sends: a pipeline to run.</summary>
    public const uint CreatePipeline = 0x00021006;

    /// <summary>What it is.</summary>
    public WireMessageKind Kind => kind;

    /// <summary>Its pipeline.</summary>
    public Guid Pipeline => pipeline;

    /// <summary>All of it.</summary>
    public byte[] Bytes => bytes;

    /// <summary>Its pool.</summary>
    public Guid Pool => new(bytes.AsSpan(8, 16));

    /// <summary>The CLIXML.</summary>
    public Stream OpenBody() => new MemoryStream(bytes, HeaderLength, bytes.Length - HeaderLength, writable: false);

    /// <summary>The same message with another body.</summary>
    /// <param name="body">The CLIXML; null for the one that it has.</param>
    /// <returns>The message.</returns>
    public WireMessage WithBody(string? body) => body is null ? this : new WireMessage(kind, pipeline, Write(Client, (uint)kind, Pool, pipeline, body));

    /// <summary>It is a record of a stream that people read, and so one that is counted.</summary>
    public bool IsRecord => kind is WireMessageKind.Output or WireMessageKind.ErrorRecord or WireMessageKind.Debug or WireMessageKind.Verbose or WireMessageKind.Warning or WireMessageKind.Progress or WireMessageKind.Information;

    /// <summary>Reads the header of a message from a server.</summary>
    /// <param name="bytes">The message.</param>
    /// <returns>The message; nothing in its CLIXML has been looked at.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ProtocolViolation"/>: a server does not send such.</exception>
    public static WireMessage Parse(byte[] bytes)
    {
        if (bytes.Length < HeaderLength)
        {
            throw WireViolation.Of("sent a message without a header");
        }

        uint destination = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        var kind = (WireMessageKind)BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(4));
        if (destination != Client || !Enum.IsDefined(kind))
        {
            throw WireViolation.Of($"sent a message that no server sends (0x{(uint)kind:x8})");
        }

        return new WireMessage(kind, new Guid(bytes.AsSpan(24, 16)), bytes);
    }

    /// <summary>Makes the bytes of a message.</summary>
    /// <param name="destination">Who gets it.</param>
    /// <param name="kind">What it is.</param>
    /// <param name="pool">Its pool.</param>
    /// <param name="pipeline">Its pipeline.</param>
    /// <param name="body">The CLIXML.</param>
    /// <returns>The bytes.</returns>
    public static byte[] Write(uint destination, uint kind, Guid pool, Guid pipeline, string body)
    {
        byte[] text = System.Text.Encoding.UTF8.GetBytes(body);
        byte[] bytes = new byte[HeaderLength + text.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, destination);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), kind);
        pool.TryWriteBytes(bytes.AsSpan(8));
        pipeline.TryWriteBytes(bytes.AsSpan(24));
        text.CopyTo(bytes, HeaderLength);
        return bytes;
    }
}
