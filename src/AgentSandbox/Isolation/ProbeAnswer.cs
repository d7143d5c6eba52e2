using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AgentSandbox.Isolation;

/// <summary>What the guest's half of a probe says. Hostile input: read strictly, bounded, and made fit for a terminal.</summary>
internal sealed record ProbeAnswer
{
    /// <summary>Bytes that an answer may have.</summary>
    public const int MaxBytes = 64 * 1024;

    private const int MaxNonce = 128;
    private const int MaxDetail = 300;

    /// <summary>Open, closed or error.</summary>
    public required ProbeOutcome Outcome { get; init; }

    /// <summary>errno(3) of the attempt that decided; 0 for none.</summary>
    public required int Errno { get; init; }

    /// <summary>The control in the sandbox passed.</summary>
    public required bool SelfTest { get; init; }

    /// <summary>What was tried, in words.</summary>
    public required string Detail { get; init; }

    /// <summary>The secret that came through, or empty.</summary>
    public required string Nonce { get; init; }

    /// <summary>The detail and the error's name.</summary>
    public string Description => Errno == 0 ? Detail : $"{Detail}: {ErrnoName.Of(Errno)}";

    /// <summary>Reads the one line that a probe prints.</summary>
    /// <param name="output">All of its standard output.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="ProbeFailedException">It is no answer of a probe.</exception>
    public static ProbeAnswer Parse(ReadOnlySpan<byte> output)
    {
        if (output.Length is 0 or > MaxBytes || output.IndexOf((byte)'\n') != output.Length - 1)
        {
            throw new ProbeFailedException($"The probe in the sandbox answered with {(output.Length > MaxBytes ? "too many" : output.Length)} bytes that are not one line.");
        }

        Wire? wire;
        try
        {
            wire = JsonSerializer.Deserialize(output, ProbeJson.Default.Wire);
        }
        catch (JsonException error)
        {
            throw new ProbeFailedException("The probe in the sandbox answered with something else than the JSON of a probe.", error);
        }

        if (wire is not { Errno: >= 0 and <= 4095, Nonce: { Length: <= MaxNonce } nonce, Detail: { } detail })
        {
            throw new ProbeFailedException("The probe in the sandbox answered with a value out of range.");
        }

        return new ProbeAnswer
        {
            Outcome = wire.Outcome switch
            {
                "open" => ProbeOutcome.Open,
                "closed" => ProbeOutcome.Closed,
                "error" => ProbeOutcome.Error,
                _ => throw new ProbeFailedException("The probe in the sandbox answered with an unknown outcome."),
            },
            Errno = wire.Errno,
            SelfTest = wire.SelfTest,
            Detail = Printable(detail).TrimEnd('.', ' '),
            Nonce = nonce,
        };
    }

    /// <summary>Without control characters, which could repaint the terminal that shows the evidence, and short.</summary>
    private static string Printable(string text)
    {
        var result = new StringBuilder();
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (result.Length >= MaxDetail)
            {
                return result.Append('…').ToString();
            }

            bool safe = Rune.GetUnicodeCategory(rune) is not (System.Globalization.UnicodeCategory.Control or System.Globalization.UnicodeCategory.Format
                or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator
                or System.Globalization.UnicodeCategory.PrivateUse or System.Globalization.UnicodeCategory.OtherNotAssigned);
            result.Append(safe ? rune.ToString() : "?");
        }

        return result.ToString();
    }

    [JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
    internal sealed record Wire
    {
        public required string? Outcome { get; init; }

        public required int Errno { get; init; }

        public required bool SelfTest { get; init; }

        public required string? Detail { get; init; }

        public required string? Nonce { get; init; }
    }
}

/// <summary>What a probe's attempt came to.</summary>
internal enum ProbeOutcome
{
    /// <summary>The attempt succeeded.</summary>
    Open,

    /// <summary>The attempt failed.</summary>
    Closed,

    /// <summary>The attempt could not be made.</summary>
    Error,
}

/// <summary>A probe has no answer; its verdict is <see cref="IsolationVerdict.Inconclusive"/> with this message as the evidence.</summary>
internal sealed class ProbeFailedException(string message, Exception? inner = null)
    : SandboxException(SandboxErrorId.ProbeFailed, message, "Test again; if it stays so, this machine or this sandbox can't be tested that way.", null, inner);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, MaxDepth = 2)]
[JsonSerializable(typeof(ProbeAnswer.Wire))]
internal sealed partial class ProbeJson : JsonSerializerContext;
