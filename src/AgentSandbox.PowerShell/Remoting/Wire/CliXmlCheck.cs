using System.Xml;

namespace AgentSandbox.PowerShell.Remoting.Wire;

/// <summary>
/// Looks at the CLIXML of a message before PowerShell does. PowerShell's own reader makes plain data of it, with a few exceptions that are closed here: an instance of CIM, which it makes
/// live again, documents without a bound on their depth, and document types. What it would only find while it builds objects (size, depth, unknown elements) is found here without any.
/// </summary>
internal static class CliXmlCheck
{
    private static readonly HashSet<string> s_elements = new(
        [
            "Objs", "Obj", "Props", "TN", "T", "TNRef", "MS", "N", "ToString", "IE", "DCT", "En", "STK", "QUE", "LST", "C", "G", "B", "By", "DT", "D", "Db", "TS", "Sg", "I32", "I64", "SB", "I16", "BA",
            "SBK", "S", "SS", "U16", "U32", "U64", "URI", "Version", "SemanticVersion", "XD", "Nil", "Ref", "PR", "AI", "PI", "AV", "SD", "CO", "PC", "SR",
        ],
        StringComparer.Ordinal);

    // As PowerShell's own reader has them, so that both see the same.
    private static readonly XmlReaderSettings s_settings = new()
    {
        CheckCharacters = false,
        ConformanceLevel = ConformanceLevel.Document,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        MaxCharactersFromEntities = 1024,
        XmlResolver = null,
        DtdProcessing = DtdProcessing.Prohibit,
    };

    private static readonly XmlReaderSettings s_documentSettings = new()
    {
        CheckCharacters = false,
        ConformanceLevel = ConformanceLevel.Auto,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        XmlResolver = null,
        DtdProcessing = DtdProcessing.Prohibit,
    };

    /// <summary>A reader as PowerShell has it.</summary>
    /// <param name="body">The CLIXML.</param>
    /// <returns>The reader.</returns>
    public static XmlReader Open(Stream body) => XmlReader.Create(body, s_settings);

    /// <summary>Looks at the CLIXML of a message.</summary>
    /// <param name="body">The CLIXML; nothing is fine, too.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ProtocolViolation"/>.</exception>
    public static void ThrowIfRefused(Stream body)
    {
        if (body.Length == 0)
        {
            return;
        }

        try
        {
            using XmlReader reader = Open(body);
            int elements = 0;
            while (reader.Read())
            {
                if (reader.NodeType == XmlNodeType.Element)
                {
                    CheckElement(reader, ++elements);
                }
            }
        }
        catch (XmlException)
        {
            throw WireViolation.Of("sent an object that is no CLIXML");
        }
    }

    private static void CheckElement(XmlReader reader, int elements)
    {
        if (elements > WireLimits.Elements)
        {
            throw WireViolation.Of($"sent an object with more than {WireLimits.Elements} parts");
        }

        if (reader.Depth > WireLimits.Depth)
        {
            throw WireViolation.Of("sent an object that is nested too deep");
        }

        if (!s_elements.Contains(reader.LocalName))
        {
            throw WireViolation.Of("sent an object that is no CLIXML");
        }

        if (reader.IsEmptyElement)
        {
            return;
        }

        switch (reader.LocalName)
        {
            case "T":
                CheckTypeName(TextOf(reader));
                break;
            case "XD":
                CheckDocument(TextOf(reader));
                break;
        }
    }

    /// <summary>Reads the text of the element that the reader is at and leaves the reader at its end tag, so that the next Read goes on after it.</summary>
    private static string TextOf(XmlReader reader)
    {
        string text = "";
        int depth = reader.Depth;
        while (reader.Read() && reader.Depth > depth)
        {
            text = reader.NodeType is XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.Whitespace or XmlNodeType.SignificantWhitespace
                ? text.Length == 0 ? reader.Value : text + reader.Value
                : throw WireViolation.Of("sent an object that is no CLIXML");
        }

        return text;
    }

    /// <summary>PowerShell makes a live object of an instance of CIM, and its native parser reads the class. Linux has none.</summary>
    private static void CheckTypeName(string name)
    {
        // Names may be escaped, _x0043_, which hides no more than a look for what can't be escaped away: nobody escapes letters but who wants to hide something.
        string decoded = XmlConvert.DecodeName(name) ?? "";
        if (decoded.Contains("Microsoft.Management.Infrastructure", StringComparison.OrdinalIgnoreCase))
        {
            throw WireViolation.Of("sent an instance of CIM, of which PowerShell would make a live object");
        }
    }

    private static void CheckDocument(string escaped)
    {
        string text = XmlConvert.DecodeName(escaped) ?? "";
        try
        {
            using XmlReader reader = XmlReader.Create(new StringReader(text), s_documentSettings);
            while (reader.Read())
            {
                if (reader.Depth > WireLimits.DocumentDepth)
                {
                    throw WireViolation.Of("sent a document that is nested too deep");
                }
            }
        }
        catch (XmlException)
        {
            throw WireViolation.Of("sent a document that is no XML, or has a document type");
        }
    }
}
