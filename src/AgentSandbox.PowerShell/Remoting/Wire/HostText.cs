using System.Globalization;
using System.Text;
using System.Xml;

namespace AgentSandbox.PowerShell.Remoting.Wire;

/// <summary>Text that a server wants our host to show: on a terminal it may choose colors, and nothing else of what a terminal can be told to do.</summary>
internal static class HostText
{
    private const char Escape = '\u001b';

    /// <summary>Takes out what is neither text nor the choice of a color (ECMA-48, SGR).</summary>
    /// <param name="text">The text.</param>
    /// <returns>What may be shown.</returns>
    public static string Clean(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\0', '\u001f') && !text.AsSpan().ContainsAnyInRange('\u007f', '\u009f'))
        {
            return text;
        }

        StringBuilder clean = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == Escape && ColorLength(text.AsSpan(i)) is > 0 and var length)
            {
                clean.Append(text, i, length);
                i += length - 1;
            }
            else if (c is '\t' or '\r' or '\n' || !char.IsControl(c))
            {
                clean.Append(c);
            }
        }

        return clean.ToString();
    }

    /// <summary>Writes text as CLIXML has it: what XML can't carry as <c>_xHHHH_</c>.</summary>
    /// <param name="text">The text, which is cleaned, too.</param>
    /// <returns>The text of an element.</returns>
    public static string ToCliXml(string text)
    {
        StringBuilder encoded = new(text.Length + 16);
        string clean = Clean(text);
        for (int i = 0; i < clean.Length; i++)
        {
            char c = clean[i];
            bool pair = char.IsHighSurrogate(c) && i + 1 < clean.Length && char.IsLowSurrogate(clean[i + 1]);
            if (pair)
            {
                encoded.Append(c).Append(clean[++i]);
            }
            else if (char.IsControl(c) || char.IsSurrogate(c) || c is '\ufffe' or '\uffff' || (c == '_' && i + 1 < clean.Length && clean[i + 1] is 'x' or 'X'))
            {
                encoded.Append(CultureInfo.InvariantCulture, $"_x{(int)c:X4}_");
            }
            else
            {
                encoded.Append(c switch { '<' => "&lt;", '>' => "&gt;", '&' => "&amp;", _ => c.ToString() });
            }
        }

        return encoded.ToString();
    }

    /// <summary>Takes out of a prompt what a server could hide the sandbox's name with, which PowerShell writes before it: terminal sequences and carriage returns.</summary>
    /// <param name="body">The CLIXML of an output object.</param>
    /// <returns>CLIXML of the text; null when it is none.</returns>
    public static string? CleanPrompt(Stream body)
    {
        using XmlReader reader = CliXmlCheck.Open(body);
        return reader.MoveToContent() == XmlNodeType.Element && reader is { LocalName: "S", IsEmptyElement: false } && reader.Read()
            ? $"<S>{ToCliXml(XmlConvert.DecodeName(reader.Value)!.Replace("\r", "", StringComparison.Ordinal))}</S>"
            : null;
    }

    private static int ColorLength(ReadOnlySpan<char> text)
    {
        if (text.Length < 3 || text[1] != '[')
        {
            return 0;
        }

        int end = 2;
        while (end < text.Length && text[end] is (>= '0' and <= '9') or ';' or ':')
        {
            end++;
        }

        return end < text.Length && text[end] == 'm' ? end + 1 : 0;
    }
}
