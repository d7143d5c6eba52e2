using System.Text;
using System.Text.Json;
using AgentSandbox.Backends.Docker.Engine.Transport;

namespace AgentSandbox.Backends.Docker.Engine.Http;

/// <summary>Reads an engine's answer of an error.</summary>
internal static class EngineFault
{
    /// <summary>Bytes of a body that are looked at: an engine's errors are a sentence.</summary>
    public const int MaxBody = 64 * 1024;

    /// <summary>Makes the exception.</summary>
    /// <param name="status">HTTP status.</param>
    /// <param name="reason">The status line's words.</param>
    /// <param name="body">The body: <c>{"message":"..."}</c>, or text of something between us and the engine.</param>
    /// <returns>The exception to throw.</returns>
    public static DockerEngineException Of(int status, string? reason, ReadOnlySpan<byte> body)
    {
        string message = EngineText.OneLine(Message(body));
        message = message.Length > 0 ? message : EngineText.OneLine(reason);
        return new(status, message.Length > 0 ? message : $"The engine answered with status {status}.");
    }

    private static string Message(ReadOnlySpan<byte> body)
    {
        try
        {
            if (JsonSerializer.Deserialize(body, EngineJson.Default.ErrorAnswer)?.Message is { Length: > 0 } message)
            {
                return message;
            }
        }
        catch (JsonException)
        {
            // No JSON: shown as the text that it is.
        }

        return Encoding.UTF8.GetString(body);
    }
}
