using System.Text;

namespace AgentSandbox.PowerShell.Invocation;

/// <summary>
/// Turns bytes into lines as they arrive. UTF-8 sequences and line ends may be cut anywhere between two reads; bytes that are no
/// UTF-8 become U+FFFD. Lines end with LF or CR LF.
/// </summary>
internal sealed class LineDecoder
{
    /// <summary>A line without an end is hostile or no text: it is passed on in pieces of this many characters, so that memory stays bounded.</summary>
    internal const int MaxLine = 16 * 1024 * 1024;

    private readonly Decoder _decoder = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false).GetDecoder();
    private readonly StringBuilder _partial = new();
    private char[] _chars = [];

    /// <summary>Takes bytes and adds the lines that they complete.</summary>
    public void Decode(ReadOnlySpan<byte> bytes, List<string> lines) => Decode(bytes, lines, flush: false);

    /// <summary>No more bytes come: adds what is left as a last line.</summary>
    public void Finish(List<string> lines)
    {
        Decode([], lines, flush: true);
        if (_partial.Length > 0)
        {
            lines.Add(Take());
        }
    }

    private void Decode(ReadOnlySpan<byte> bytes, List<string> lines, bool flush)
    {
        int needed = Encoding.UTF8.GetMaxCharCount(bytes.Length);
        if (_chars.Length < needed)
        {
            _chars = new char[needed];
        }

        ReadOnlySpan<char> chars = _chars.AsSpan(0, _decoder.GetChars(bytes, _chars, flush));
        while (chars.IndexOf('\n') is int end and >= 0)
        {
            if (_partial.Length == 0)
            {
                lines.Add(WithoutReturn(chars[..end]).ToString());
            }
            else
            {
                _partial.Append(chars[..end]);
                if (_partial[^1] == '\r')
                {
                    _partial.Length--;
                }

                lines.Add(Take());
            }

            chars = chars[(end + 1)..];
        }

        _partial.Append(chars);
        if (_partial.Length >= MaxLine)
        {
            lines.Add(Take());
        }
    }

    private static ReadOnlySpan<char> WithoutReturn(ReadOnlySpan<char> line) => line.EndsWith("\r") ? line[..^1] : line;

    private string Take()
    {
        string line = _partial.ToString();
        _partial.Clear();
        return line;
    }
}
