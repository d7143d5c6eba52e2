using System.Buffers.Binary;
using System.Text.RegularExpressions;
using System.Xml;

namespace AgentSandbox.PowerShell.Remoting.Wire;

/// <summary>A command that this process's PowerShell sends to a server, as far as the filter has to know it.</summary>
/// <param name="Pipeline">Its pipeline.</param>
/// <param name="Text">Its first command or script.</param>
internal sealed partial record SentCommand(Guid Pipeline, string Text)
{
    /// <summary>It ends with what leaves a session: <c>exit</c>, with a code or without, or Exit-PSSession.</summary>
    public bool Leaves => LeavingText().IsMatch(Text);

    /// <summary>It asks for the prompt, as a host does before each line.</summary>
    public bool IsPrompt => Text.Trim().Equals("prompt", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a line that is sent.</summary>
    /// <param name="line">The line.</param>
    /// <returns>The command; null when the line has none, or has only a part of one, which is longer than what a person types.</returns>
    public static SentCommand? Read(string line)
    {
        WirePacket packet = WirePacket.Parse(line);
        if (packet.Owner == Guid.Empty)
        {
            return null;
        }

        // Message and fragment have the same form in both directions.
        ReadOnlySpan<byte> data = packet.Data;
        const int Body = FragmentAssembler.HeaderLength + WireMessage.HeaderLength;
        const byte Whole = 3;
        if (data.Length <= Body || data[16] != Whole
            || BinaryPrimitives.ReadUInt32LittleEndian(data[(FragmentAssembler.HeaderLength + 4)..]) != WireMessage.CreatePipeline)
        {
            return null;
        }

        using XmlReader reader = CliXmlCheck.Open(new MemoryStream(packet.Data, Body, packet.Data.Length - Body, writable: false));
        while (reader.Read())
        {
            if (reader is { NodeType: XmlNodeType.Element, LocalName: "S", IsEmptyElement: false } && reader.GetAttribute("N") == "Cmd" && reader.Read())
            {
                return new SentCommand(packet.Owner, XmlConvert.DecodeName(reader.Value)!);
            }
        }

        return null;
    }

    [GeneratedRegex(@"(?:^|;)\s*(?:exit(?:\s+-?\d+)?|Exit-PSSession|exsn)\s*;?\s*$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex LeavingText();
}
