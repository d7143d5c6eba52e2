using System.Buffers;
using System.Text;
using AgentSandbox.Backends.Docker.Engine.Transport;

namespace AgentSandbox.Backends.Docker.Engine.Hijack;

/// <summary>
/// Parses the head of an HTTP/1.1 answer (RFC 9112) as its bytes come, and takes not one byte behind it. Strict: lines end in CRLF, no folded lines,
/// names are tokens, values hold no control characters.
/// </summary>
internal sealed class ResponseHeadParser
{
    /// <summary>Longest head, in bytes.</summary>
    public const int MaxLength = 64 * 1024;

    private static readonly SearchValues<byte> s_token =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"u8);

    private readonly List<KeyValuePair<string, string>> _headers = [];
    private readonly ArrayBufferWriter<byte> _line = new(256);
    private int _length;
    private int _status;
    private string _reason = "";

    /// <summary>The head, when all of it has come.</summary>
    public ResponseHead? Head { get; private set; }

    /// <summary>Takes bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <returns>How many belong to the head: all of them, unless it is complete.</returns>
    /// <exception cref="DockerEngineException">No head of an HTTP/1.1 answer, or one that is too long.</exception>
    public int Feed(ReadOnlySpan<byte> bytes)
    {
        int taken = 0;
        while (Head is null && taken < bytes.Length)
        {
            ReadOnlySpan<byte> rest = bytes[taken..];
            int end = rest.IndexOf((byte)'\n');
            int count = end < 0 ? rest.Length : end + 1;
            _length += count;
            if (_length > MaxLength)
            {
                throw EngineErrors.Nonsense($"the head is longer than {MaxLength / 1024} KiB");
            }

            _line.Write(rest[..count]);
            taken += count;
            if (end >= 0)
            {
                ParseLine(_line.WrittenSpan);
                _line.ResetWrittenCount();
            }
        }

        return taken;
    }

    private void ParseLine(ReadOnlySpan<byte> line)
    {
        if (line is not [.., (byte)'\r', (byte)'\n'])
        {
            throw EngineErrors.Nonsense("a line of the head does not end in CRLF");
        }

        line = line[..^2];
        foreach (byte b in line)
        {
            if (b is < 0x20 and not (byte)'\t' or 0x7f)
            {
                throw EngineErrors.Nonsense("a control character in the head");
            }
        }

        if (_status == 0)
        {
            ParseStatus(line);
        }
        else if (line.IsEmpty)
        {
            Head = new(_status, _reason, _headers);
        }
        else
        {
            ParseHeader(line);
        }
    }

    private void ParseStatus(ReadOnlySpan<byte> line)
    {
        bool valid = (line.StartsWith("HTTP/1.1 "u8) || line.StartsWith("HTTP/1.0 "u8)) && line.Length >= 12 && (line.Length == 12 || line[12] == ' ');
        if (!valid || line[9] is < (byte)'1' or > (byte)'5' || !char.IsAsciiDigit((char)line[10]) || !char.IsAsciiDigit((char)line[11]))
        {
            throw EngineErrors.Nonsense($"no status line: {Encoding.UTF8.GetString(line[..Math.Min(line.Length, 80)])}");
        }

        _status = ((line[9] - '0') * 100) + ((line[10] - '0') * 10) + line[11] - '0';
        _reason = Encoding.UTF8.GetString(line.Length > 13 ? line[13..] : default);
    }

    private void ParseHeader(ReadOnlySpan<byte> line)
    {
        int colon = line.IndexOf((byte)':');
        if (colon <= 0 || line[..colon].ContainsAnyExcept(s_token))
        {
            throw EngineErrors.Nonsense("a line of the head is no header");
        }

        _headers.Add(new(Encoding.ASCII.GetString(line[..colon]).ToLowerInvariant(), Encoding.UTF8.GetString(line[(colon + 1)..].Trim(" \t"u8))));
    }
}
