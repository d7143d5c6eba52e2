using System.Text.Json;

namespace AgentSandbox;

/// <summary>Reads a specification from a JSON object and gathers every problem.</summary>
/// <param name="folder">What relative sources of mounts are relative to.</param>
internal sealed partial class SpecificationReader(string folder)
{
    private static readonly string[] s_keys =
    [
        "$schema", nameof(SandboxSpecification.Name), nameof(SandboxSpecification.Backend), nameof(SandboxSpecification.Image), nameof(SandboxSpecification.NoPull),
        nameof(SandboxSpecification.Mounts), nameof(SandboxSpecification.Network), nameof(SandboxSpecification.Memory), nameof(SandboxSpecification.Cpu),
        nameof(SandboxSpecification.PidLimit), nameof(SandboxSpecification.DiskLimit), nameof(SandboxSpecification.Environment), nameof(SandboxSpecification.User),
        nameof(SandboxSpecification.WorkingDirectory), nameof(SandboxSpecification.Hostname), nameof(SandboxSpecification.TimeToLive),
        nameof(SandboxSpecification.IdleTimeout), nameof(SandboxSpecification.ReadOnly), nameof(SandboxSpecification.Allow),
    ];

    private static readonly string[] s_mountKeys = [nameof(SandboxMount.Source), nameof(SandboxMount.Target), nameof(SandboxMount.ReadOnly)];

    /// <summary>The keys that a specification may have.</summary>
    public static IReadOnlyList<string> Keys => s_keys;

    /// <summary>What is wrong.</summary>
    public List<SpecificationProblem> Problems { get; } = [];

    /// <summary>Reads it. A value of null is as if it were not there.</summary>
    /// <param name="root">The object.</param>
    /// <returns>The specification; of no use when there are problems.</returns>
    public SandboxSpecification Read(JsonElement root)
    {
        Dictionary<string, JsonElement> values = Object(root, "the file", s_keys);
        var defaults = new SandboxSpecification();
        return new SandboxSpecification
        {
            Name = Text(values, nameof(SandboxSpecification.Name)),
            Backend = Text(values, nameof(SandboxSpecification.Backend)) ?? defaults.Backend,
            Image = Text(values, nameof(SandboxSpecification.Image)) ?? defaults.Image,
            NoPull = Switch(values, nameof(SandboxSpecification.NoPull), false),
            Mounts = Mounts(values),
            Network = Network(values),
            Memory = Size(values, nameof(SandboxSpecification.Memory)),
            Cpu = Number(values, nameof(SandboxSpecification.Cpu)),
            PidLimit = Count(values, nameof(SandboxSpecification.PidLimit)),
            DiskLimit = Size(values, nameof(SandboxSpecification.DiskLimit)),
            Environment = Variables(values),
            User = Text(values, nameof(SandboxSpecification.User)),
            WorkingDirectory = Text(values, nameof(SandboxSpecification.WorkingDirectory)),
            Hostname = Text(values, nameof(SandboxSpecification.Hostname)),
            TimeToLive = Time(values, nameof(SandboxSpecification.TimeToLive)),
            IdleTimeout = Time(values, nameof(SandboxSpecification.IdleTimeout)),
            ReadOnly = Switch(values, nameof(SandboxSpecification.ReadOnly), false),
            Allow = Allowances(values),
        };
    }

    /// <summary>The members of an object whose keys are known, each once, without those that are null.</summary>
    private Dictionary<string, JsonElement> Object(JsonElement element, string where, string[] keys)
    {
        Dictionary<string, JsonElement> values = new(StringComparer.Ordinal);
        if (element.ValueKind != JsonValueKind.Object)
        {
            Report(where, $"{where} is no JSON object.", "Write { \"Backend\": \"Nspawn\" }.");
            return values;
        }

        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (JsonProperty property in element.EnumerateObject())
        {
            string key = property.Name;
            if (!keys.Contains(key, StringComparer.Ordinal))
            {
                Report(SandboxName.Printable(key), $"There is no key '{SandboxName.Printable(key)}' in {where}.", $"Did you mean '{NearestName.Find(key, keys)}'?");
            }
            else if (!seen.Add(key))
            {
                Report(key, $"The key '{key}' is there twice in {where}.", "Give it once: nobody can see which one counts.");
            }
            else if (property.Value.ValueKind != JsonValueKind.Null)
            {
                values.Add(key, property.Value);
            }
        }

        return values;
    }

    private NetworkMode? Network(Dictionary<string, JsonElement> values)
    {
        const string Key = nameof(SandboxSpecification.Network);
        if (Text(values, Key) is not { } text)
        {
            return null;
        }

        string[] names = Enum.GetNames<NetworkMode>();
        if (names.FirstOrDefault(name => string.Equals(name, text, StringComparison.OrdinalIgnoreCase)) is { } known)
        {
            return Enum.Parse<NetworkMode>(known);
        }

        Report(Key, $"'{SandboxName.Printable(text)}' is no network.", $"Write one of {string.Join(", ", names)}.");
        return null;
    }

    private Dictionary<string, string> Variables(Dictionary<string, JsonElement> values)
    {
        const string Key = nameof(SandboxSpecification.Environment);
        Dictionary<string, string> variables = new(StringComparer.Ordinal);
        if (!values.TryGetValue(Key, out JsonElement value))
        {
            return variables;
        }

        if (value.ValueKind != JsonValueKind.Object || value.EnumerateObject().Any(variable => variable.Value.ValueKind != JsonValueKind.String))
        {
            Report(Key, $"'{Key}' is no object of strings.", $"Write \"{Key}\": {{ \"LANG\": \"C.UTF-8\" }}.");
            return variables;
        }

        foreach (JsonProperty variable in value.EnumerateObject())
        {
            if (!variables.TryAdd(variable.Name, variable.Value.GetString()!))
            {
                Report(Key, $"The variable '{SandboxName.Printable(variable.Name)}' is there twice.", "Give it once: nobody can see which one counts.");
            }
        }

        return variables;
    }

    private List<SandboxMount> Mounts(Dictionary<string, JsonElement> values)
    {
        const string Key = nameof(SandboxSpecification.Mounts);
        List<SandboxMount> mounts = [];
        if (!values.TryGetValue(Key, out JsonElement value))
        {
            return mounts;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            Report(Key, $"'{Key}' is no array.", $"Write \"{Key}\": [\"./src:/work:ro\"].");
            return mounts;
        }

        foreach (JsonElement item in value.EnumerateArray())
        {
            if ((item.ValueKind == JsonValueKind.String ? Parse(item.GetString()!) : Mount(item)) is { } mount)
            {
                mounts.Add(mount);
            }
        }

        return mounts;
    }

    private SandboxMount? Parse(string text)
    {
        try
        {
            return SandboxMount.Parse(text, folder);
        }
        catch (SandboxException error)
        {
            Report(nameof(SandboxSpecification.Mounts), error.Message, error.RecommendedAction);
            return null;
        }
    }

    private SandboxMount? Mount(JsonElement item)
    {
        int before = Problems.Count;
        Dictionary<string, JsonElement> values = Object(item, "a mount", s_mountKeys);
        string? source = Text(values, nameof(SandboxMount.Source));
        bool readOnly = Switch(values, nameof(SandboxMount.ReadOnly), true);
        if (string.IsNullOrEmpty(source) || source.Contains('\0', StringComparison.Ordinal))
        {
            if (Problems.Count == before)
            {
                Report(nameof(SandboxSpecification.Mounts), "A mount has no Source.", "Write { \"Source\": \"./src\", \"Target\": \"/work\", \"ReadOnly\": true }.");
            }

            return null;
        }

        string full = Path.GetFullPath(source, folder);
        return new SandboxMount { Source = full, Target = Text(values, nameof(SandboxMount.Target)) ?? full, ReadOnly = readOnly };
    }

    private void Report(string key, string message, string action) => Problems.Add(new(SandboxErrorId.InvalidSpecificationFile, key, message, action));
}
