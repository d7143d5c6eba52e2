namespace AgentSandbox.PowerShell.Remoting.Wire;

/// <summary>What a line of PowerShell's remoting over two pipes is about.</summary>
internal enum WirePacketKind
{
    /// <summary>Bytes of messages.</summary>
    Data,

    /// <summary>Bytes were taken.</summary>
    DataAck,

    /// <summary>A command begins; only ever sent to a server.</summary>
    Command,

    /// <summary>A command was made.</summary>
    CommandAck,

    /// <summary>A command shall stop; only ever sent to a server.</summary>
    Signal,

    /// <summary>A command was told to stop.</summary>
    SignalAck,

    /// <summary>A command or the session shall end; only ever sent to a server.</summary>
    Close,

    /// <summary>A command or the session has ended.</summary>
    CloseAck,
}

/// <summary>
/// A line of PowerShell's remoting over two pipes, as PowerShell itself writes it: <c>&lt;Data Stream='Default' PSGuid='...'&gt;base64&lt;/Data&gt;</c> or <c>&lt;CloseAck PSGuid='...' /&gt;</c>.
/// XML that is written in another way, which PowerShell's reader would take, is refused here.
/// </summary>
/// <param name="Kind">What it is about.</param>
/// <param name="Owner">The command, or <see cref="Guid.Empty"/> for the session.</param>
/// <param name="Stream">Of data, the name of the stream.</param>
/// <param name="Data">Of data, the bytes.</param>
internal sealed record WirePacket(WirePacketKind Kind, Guid Owner, string Stream, byte[] Data)
{
    /// <summary>Stream of most messages.</summary>
    public const string DefaultStream = "Default";

    /// <summary>Stream of answers to host calls.</summary>
    public const string PromptStream = "PromptResponse";

    private const string DataStart = "<Data Stream='";
    private const string OwnerStart = "' PSGuid='";
    private const string DataEnd = "</Data>";
    private const int GuidLength = 36;

    /// <summary>Reads a line.</summary>
    /// <param name="line">The line.</param>
    /// <returns>What it says.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ProtocolViolation"/>.</exception>
    public static WirePacket Parse(string line) =>
        (line.StartsWith(DataStart, StringComparison.Ordinal) ? ParseData(line) : ParseEmpty(line))
        ?? throw WireViolation.Of($"sent a line that is no packet ('{Shown(line)}')");

    /// <summary>The line of a data packet.</summary>
    /// <param name="owner">Whose bytes.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="data">The bytes.</param>
    /// <returns>The line.</returns>
    public static string DataLine(Guid owner, string stream, ReadOnlySpan<byte> data) => $"{DataStart}{stream}{OwnerStart}{owner:D}'>{Convert.ToBase64String(data)}{DataEnd}";

    /// <summary>The line that says that something has ended.</summary>
    /// <param name="owner">What has.</param>
    /// <returns>The line.</returns>
    public static string CloseAckLine(Guid owner) => $"<CloseAck PSGuid='{owner:D}' />";

    private static WirePacket? ParseData(string line)
    {
        int nameEnd = line.IndexOf('\'', DataStart.Length);
        string stream = nameEnd < 0 ? "" : line[DataStart.Length..nameEnd];
        int owner = nameEnd + OwnerStart.Length;
        int data = owner + GuidLength + 2;
        if (stream is not (DefaultStream or PromptStream)
            || string.CompareOrdinal(line, nameEnd, OwnerStart, 0, OwnerStart.Length) != 0
            || line.Length < data + DataEnd.Length
            || !Guid.TryParseExact(line.AsSpan(owner, GuidLength), "D", out Guid id)
            || line[data - 2] != '\''
            || line[data - 1] != '>'
            || !line.EndsWith(DataEnd, StringComparison.Ordinal))
        {
            return null;
        }

        ReadOnlySpan<char> text = line.AsSpan(data, line.Length - data - DataEnd.Length);
        byte[] bytes = new byte[text.Length / 4 * 3];

        // No white space: TryFromBase64Chars would skip it.
        return text.Length % 4 == 0 && text.IndexOfAny(" \t\r\n") < 0 && Convert.TryFromBase64Chars(text, bytes, out int written)
            ? new WirePacket(WirePacketKind.Data, id, stream, written == bytes.Length ? bytes : bytes[..written])
            : null;
    }

    private static WirePacket? ParseEmpty(string line)
    {
        foreach (WirePacketKind kind in Enum.GetValues<WirePacketKind>())
        {
            string start = $"<{kind} PSGuid='";
            if (kind != WirePacketKind.Data
                && line.Length == start.Length + GuidLength + "' />".Length
                && line.StartsWith(start, StringComparison.Ordinal)
                && line.EndsWith("' />", StringComparison.Ordinal)
                && Guid.TryParseExact(line.AsSpan(start.Length, GuidLength), "D", out Guid id))
            {
                return new WirePacket(kind, id, "", []);
            }
        }

        return null;
    }

    private static string Shown(string line) => new([.. line.Take(80).Select(c => c is >= ' ' and <= '~' ? c : '?')]);
}
