using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using AgentSandbox.Backends.Docker.Engine.Transport;

namespace AgentSandbox.Backends.Docker.Engine.Images;

/// <summary>Reads a stream of JSON values, one a line, as its bytes come.</summary>
/// <typeparam name="T">What a line is.</typeparam>
/// <param name="type">How it is read.</param>
internal sealed class JsonLineReader<T>(JsonTypeInfo<T> type)
    where T : class
{
    /// <summary>Longest line, in bytes.</summary>
    public const int MaxLine = 1024 * 1024;

    private readonly ArrayBufferWriter<byte> _line = new(512);

    /// <summary>Takes bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="each">Told every value that is complete.</param>
    /// <exception cref="DockerEngineException">A line that is too long or no such value.</exception>
    public void Feed(ReadOnlySpan<byte> bytes, Action<T> each)
    {
        while (!bytes.IsEmpty)
        {
            int end = bytes.IndexOf((byte)'\n');
            ReadOnlySpan<byte> part = end < 0 ? bytes : bytes[..end];
            if (_line.WrittenCount + part.Length > MaxLine)
            {
                throw EngineErrors.Nonsense($"a line is longer than {MaxLine / 1024 / 1024} MiB");
            }

            _line.Write(part);
            if (end < 0)
            {
                return;
            }

            Complete(each);
            bytes = bytes[(end + 1)..];
        }
    }

    /// <summary>Says that no more bytes come; the last line needs no end.</summary>
    /// <param name="each">Told the last value.</param>
    /// <exception cref="DockerEngineException">It is no such value.</exception>
    public void Complete(Action<T> each)
    {
        ReadOnlySpan<byte> line = _line.WrittenSpan.Trim(" \t\r"u8);
        if (line.IsEmpty)
        {
            _line.ResetWrittenCount();
            return;
        }

        T value;
        try
        {
            value = JsonSerializer.Deserialize(line, type) ?? throw EngineErrors.Nonsense("a line is null");
        }
        catch (JsonException e)
        {
            throw EngineErrors.Nonsense(e.Message);
        }

        _line.ResetWrittenCount();
        each(value);
    }
}
