using System.Text.Json.Serialization;

namespace AgentSandbox.Backends.Wsl.State;

/// <summary>What this product knows about the distribution that it imported; <c>distribution.json</c> in its state folder.</summary>
internal sealed record WslRecord
{
    /// <summary>32 hexadecimal digits, made up for one import and kept in the distribution too: what proves that a distribution is ours.</summary>
    public required string Id { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Folder of its disk.</summary>
    public required string Location { get; init; }

    /// <summary>False from before the import until all has been put in place and checked.</summary>
    public bool IsComplete { get; init; }

    /// <summary>Which programs were put into it; see <see cref="Setup.WslPrograms"/>.</summary>
    public string? Programs { get; init; }
}

/// <summary>JSON of this backend's state.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(WslRecord))]
internal sealed partial class WslStateJson : JsonSerializerContext;
