using System.Text.Encodings.Web;
using System.Text.Json;

namespace AgentSandbox;

/// <summary>Writes a specification as the JSON that <see cref="SpecificationReader"/> reads back to the same value, for people to read and change.</summary>
internal static class SpecificationWriter
{
    // Text is for a file, not for a page: paths with an umlaut stay legible.
    private static readonly JsonWriterOptions s_options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Names of the properties that say something: neither null nor what a new specification has.</summary>
    /// <param name="specification">The specification.</param>
    public static IEnumerable<string> Said(SandboxSpecification specification) => Members(specification).Where(member => member.IsSaid).Select(member => member.Name);

    /// <summary>Writes what it says.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="specification">The specification.</param>
    public static void Write(Stream output, SandboxSpecification specification)
    {
        using (var json = new Utf8JsonWriter(output, s_options))
        {
            json.WriteStartObject();
            foreach (Member member in Members(specification).Where(member => member.IsSaid))
            {
                json.WritePropertyName(member.Name);
                member.Write(json);
            }

            json.WriteEndObject();
        }

        output.WriteByte((byte)'\n');
    }

    private static IEnumerable<Member> Members(SandboxSpecification s) =>
    [
        Text(nameof(s.Name), s.Name),
        new(nameof(s.Backend), s.Backend != SandboxSpecification.AutoBackend, json => json.WriteStringValue(s.Backend)),
        new(nameof(s.Image), s.Image != SandboxSpecification.HostImage, json => json.WriteStringValue(s.Image)),
        new(nameof(s.NoPull), s.NoPull, json => json.WriteBooleanValue(s.NoPull)),
        new(nameof(s.Mounts), s.Mounts.Count > 0, json => WriteMounts(json, s.Mounts)),
        Text(nameof(s.Network), s.Network?.ToString()),
        Size(nameof(s.Memory), s.Memory),
        new(nameof(s.Cpu), s.Cpu is not null, json => json.WriteNumberValue(s.Cpu ?? 0)),
        new(nameof(s.PidLimit), s.PidLimit is not null, json => json.WriteNumberValue(s.PidLimit ?? 0)),
        Size(nameof(s.DiskLimit), s.DiskLimit),
        new(nameof(s.Environment), s.Environment.Count > 0, json => WriteVariables(json, s.Environment)),
        Text(nameof(s.User), s.User),
        Text(nameof(s.WorkingDirectory), s.WorkingDirectory),
        Text(nameof(s.Hostname), s.Hostname),
        Time(nameof(s.TimeToLive), s.TimeToLive),
        Time(nameof(s.IdleTimeout), s.IdleTimeout),
        new(nameof(s.Allow), s.Allow.Count > 0, json => WriteNames(json, s.Allow.Select(allowance => allowance.ToString()))),
        new(nameof(s.ReadOnly), s.ReadOnly, json => json.WriteBooleanValue(s.ReadOnly)),
    ];

    private static Member Text(string name, string? value) => new(name, value is not null, json => json.WriteStringValue(value));

    private static Member Time(string name, TimeSpan? value) => Text(name, value?.ToString("c"));

    /// <summary>A size that is whole in its unit is written with it; any other in bytes, so that nothing is rounded.</summary>
    private static Member Size(string name, long? value) => new(name, value is not null, json =>
    {
        string? text = value is > 0 and { } bytes && (bytes & ((1L << 20) - 1)) == 0 ? ByteSize.Format(bytes).Replace(" ", "", StringComparison.Ordinal) : null;
        if (text is not null && ByteSize.TryParse(text, out long same) && same == value)
        {
            json.WriteStringValue(text);
        }
        else
        {
            json.WriteNumberValue(value ?? 0);
        }
    });

    private static void WriteMounts(Utf8JsonWriter json, IReadOnlyList<SandboxMount> mounts)
    {
        json.WriteStartArray();
        foreach (SandboxMount mount in mounts)
        {
            // Members, not source:target:mode: a path may have a colon in it.
            json.WriteStartObject();
            json.WriteString(nameof(mount.Source), mount.Source);
            json.WriteString(nameof(mount.Target), mount.Target);
            json.WriteBoolean(nameof(mount.ReadOnly), mount.ReadOnly);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteNames(Utf8JsonWriter json, IEnumerable<string> names)
    {
        json.WriteStartArray();
        foreach (string name in names)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
    }

    private static void WriteVariables(Utf8JsonWriter json, IReadOnlyDictionary<string, string> variables)
    {
        json.WriteStartObject();
        foreach ((string name, string value) in variables.OrderBy(variable => variable.Key, StringComparer.Ordinal))
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
    }

    private sealed record Member(string Name, bool IsSaid, Action<Utf8JsonWriter> Write);
}
