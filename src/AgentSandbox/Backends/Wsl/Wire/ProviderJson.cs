using System.Text.Json;
using System.Text.Json.Serialization;

namespace AgentSandbox.Backends.Wsl.Wire;

/// <summary>The JSON of both directions, one line each. What a line may not have in it is refused, not skipped: both ends are of one version. Only nulls are left out: the default of a mount is read-only, not false.</summary>
[JsonSourceGenerationOptions(UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ProviderRequest))]
[JsonSerializable(typeof(ProviderLine))]
internal sealed partial class ProviderJson : JsonSerializerContext;

/// <summary>What both ends of the exchange with <c>agentsandbox provider</c> hold to.</summary>
internal static class ProviderProtocol
{
    /// <summary>The program's verb.</summary>
    public const string Verb = "provider";

    /// <summary>Longest line in bytes: an environment of 2 MB, escaped.</summary>
    public const int MaxLine = 16 << 20;

    /// <summary>Lines of one answer at most.</summary>
    public const int MaxLines = 100_000;

    /// <summary>This library's version; the other end must have the same.</summary>
    public static string Version { get; } = typeof(ProviderProtocol).Assembly.GetName().Version?.ToString(3) ?? "0";

    /// <summary>A line as bytes, with its end.</summary>
    /// <typeparam name="T">Type of the value.</typeparam>
    /// <param name="value">The value.</param>
    /// <param name="type">Its JSON form.</param>
    /// <returns>The bytes.</returns>
    public static byte[] ToLine<T>(T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) => [.. JsonSerializer.SerializeToUtf8Bytes(value, type), (byte)'\n'];
}
