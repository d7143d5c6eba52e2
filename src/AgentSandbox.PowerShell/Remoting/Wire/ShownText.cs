using System.Text;
using System.Xml;

namespace AgentSandbox.PowerShell.Remoting.Wire;

/// <summary>
/// Cleans what PowerShell shows of a record without being asked: errors, warnings, progress, Write-Host. A host writes their text on the terminal as it is, and a terminal obeys
/// more than colors. Output is the caller's, who decides what to do with it, and stays as it is.
/// </summary>
internal static class ShownText
{
    private static readonly XmlWriterSettings s_settings = new() { OmitXmlDeclaration = true, CheckCharacters = false, ConformanceLevel = ConformanceLevel.Fragment, NewLineHandling = NewLineHandling.None };

    /// <summary>Makes a message anew without what tells a terminal to do something.</summary>
    /// <param name="message">The message, whose CLIXML <see cref="CliXmlCheck"/> has looked at.</param>
    /// <returns>The message to pass on.</returns>
    public static WireMessage Clean(WireMessage message)
    {
        if (message.Kind == WireMessageKind.Output || IsPlain(message.Bytes.AsSpan(WireMessage.HeaderLength)))
        {
            return message;
        }

        StringBuilder body = new();
        using (XmlReader reader = CliXmlCheck.Open(message.OpenBody()))
        using (XmlWriter writer = XmlWriter.Create(body, s_settings))
        {
            StringBuilder text = new();
            while (reader.Read())
            {
                Copy(reader, writer, text);
            }
        }

        return new WireMessage(message.Kind, message.Pipeline, WireMessage.Write(WireMessage.Client, (uint)message.Kind, message.Pool, message.Pipeline, body.ToString()));
    }

    private static void Copy(XmlReader reader, XmlWriter writer, StringBuilder text)
    {
        switch (reader.NodeType)
        {
            case XmlNodeType.Element:
                Flush(writer, text);
                bool isEmpty = reader.IsEmptyElement;
                writer.WriteStartElement(reader.Prefix, reader.LocalName, reader.NamespaceURI);
                writer.WriteAttributes(reader, defattr: false);
                if (isEmpty)
                {
                    writer.WriteEndElement();
                }

                break;
            case XmlNodeType.EndElement:
                Flush(writer, text);
                writer.WriteFullEndElement();
                break;
            case XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace or XmlNodeType.Whitespace:
                text.Append(reader.Value);
                break;
        }
    }

    /// <summary>Text is read in one piece, as PowerShell does: a comment or a CDATA section in the middle of an escape would hide it.</summary>
    private static void Flush(XmlWriter writer, StringBuilder text)
    {
        if (text.Length > 0)
        {
            writer.WriteRaw(HostText.ToCliXml(XmlConvert.DecodeName(text.ToString()) ?? ""));
            text.Clear();
        }
    }

    /// <summary>There is nothing to clean: printable ASCII without an escape of CLIXML's or XML's, in no other encoding.</summary>
    private static bool IsPlain(ReadOnlySpan<byte> body) =>
        body.IndexOfAnyExceptInRange((byte)' ', (byte)'~') < 0 && body.IndexOf("_x"u8) < 0 && body.IndexOf("_X"u8) < 0 && body.IndexOf("&#"u8) < 0 && !body.StartsWith("<?"u8);
}
