using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using AgentSandbox.Backends.Docker.Engine.Transport;

namespace AgentSandbox.Backends.Docker.Engine.Http;

/// <summary>Reads answers whole, up to a size: an engine may be hostile or broken.</summary>
internal static class BoundedBody
{
    /// <summary>Longest answer that is taken, in bytes: thousands of containers fit.</summary>
    public const int MaxAnswer = 64 * 1024 * 1024;

    /// <summary>Reads up to a number of bytes; what is beyond stays unread.</summary>
    /// <param name="stream">The body.</param>
    /// <param name="max">The number.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The bytes.</returns>
    public static async Task<ArraySegment<byte>> ReadAsync(Stream stream, int max, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[Math.Min(max, 4096)];
        int count = 0;
        while (true)
        {
            if (count == bytes.Length)
            {
                if (count == max)
                {
                    break;
                }

                Array.Resize(ref bytes, (int)Math.Min(max, bytes.Length * 2L));
            }

            int read = await stream.ReadAsync(bytes.AsMemory(count), cancellationToken);
            if (read == 0)
            {
                break;
            }

            count += read;
        }

        return new(bytes, 0, count);
    }

    /// <summary>Reads an answer of JSON.</summary>
    /// <typeparam name="T">What it is.</typeparam>
    /// <param name="response">The answer.</param>
    /// <param name="type">How it is read.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="DockerEngineException">It is too long, or nothing that an engine says.</exception>
    public static async Task<T> ReadJsonAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        ArraySegment<byte> body = await ReadAsync(stream, MaxAnswer + 1, cancellationToken);
        if (body.Count > MaxAnswer)
        {
            throw EngineErrors.Nonsense($"it is longer than {MaxAnswer / 1024 / 1024} MiB");
        }

        try
        {
            return JsonSerializer.Deserialize(body, type) ?? throw EngineErrors.Nonsense("it is null");
        }
        catch (JsonException e)
        {
            throw EngineErrors.Nonsense(e.Message);
        }
    }
}
