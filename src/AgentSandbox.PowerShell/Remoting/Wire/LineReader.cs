using System.Buffers;
using System.Text;

namespace AgentSandbox.PowerShell.Remoting.Wire;

/// <summary>Takes a byte stream apart into lines of bounded length. Remoting's lines are ASCII; any other byte makes a character that no packet has.</summary>
internal sealed class LineReader
{
    private readonly ArrayBufferWriter<byte> _rest = new();

    /// <summary>Takes bytes.</summary>
    /// <param name="data">The bytes.</param>
    /// <param name="lines">Gets the lines that are complete, without their ends; empty ones are left out.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ProtocolViolation"/>: a line is too long.</exception>
    public void Append(ReadOnlySpan<byte> data, List<string> lines)
    {
        int end;
        while ((end = data.IndexOf((byte)'\n')) >= 0)
        {
            Keep(data[..end]);
            data = data[(end + 1)..];
            ReadOnlySpan<byte> line = _rest.WrittenSpan;
            line = line is [.., (byte)'\r'] ? line[..^1] : line;
            if (line.Length > 0)
            {
                lines.Add(Encoding.Latin1.GetString(line));
            }

            _rest.ResetWrittenCount();
        }

        Keep(data);
    }

    private void Keep(ReadOnlySpan<byte> data)
    {
        if (_rest.WrittenCount + data.Length > WireLimits.Line)
        {
            throw WireViolation.Of("sent a line without an end");
        }

        _rest.Write(data);
    }
}
