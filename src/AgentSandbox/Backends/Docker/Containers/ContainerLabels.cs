using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AgentSandbox.State;

namespace AgentSandbox.Backends.Docker.Containers;

/// <summary>
/// The labels in which a container carries all that is fixed about its sandbox: whoever reaches the engine, from whatever machine, finds it there.
/// A container without them, or with ones that don't fit together, is somebody else's and is never touched.
/// </summary>
internal static class ContainerLabels
{
    /// <summary>On every container of ours: version of these labels.</summary>
    public const string Version = "agentsandbox.version";

    /// <summary>Which state folder the sandbox belongs to; empty for the standard one. <c>AGENTSANDBOX_HOME</c> separates sandboxes on an engine too.</summary>
    public const string Scope = "agentsandbox.scope";

    /// <summary>Name of the sandbox.</summary>
    public const string Name = "agentsandbox.name";

    /// <summary>On every image of ours: hash of its content.</summary>
    public const string Content = "agentsandbox.content";

    /// <summary>Id of the sandbox, where its container is not the first one: it was restored from a checkpoint. Else empty.</summary>
    public const string Id = "agentsandbox.id";

    private const string CurrentVersion = "1";
    private const string RecordLabel = "agentsandbox.record";
    private const string BackendLabel = "agentsandbox.backend";
    private const string CreatedLabel = "agentsandbox.created";

    /// <summary>All of a container's labels that an image made of it must not have: it is no sandbox, and the record may have secrets in it.</summary>
    public static IReadOnlyList<string> OfContainers { get; } = [Version, Name, Id, RecordLabel, BackendLabel, CreatedLabel];

    /// <summary>Longest record that is read: the engine itself bounds nothing.</summary>
    private const int MaxRecord = 1 << 20;

    /// <summary>The scope of a state folder.</summary>
    /// <param name="home">The state folder.</param>
    /// <returns>Empty, or 8 hexadecimal digits.</returns>
    public static string ScopeOf(SandboxHome home) =>
        home.Root is null ? "" : Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(home.Root)))[..8].ToLowerInvariant();

    /// <summary>Name of a sandbox's container. In lower case, so that the engine lets two names that differ in case only not both exist.</summary>
    /// <param name="scope">The scope.</param>
    /// <param name="name">The sandbox's name.</param>
    /// <returns>The container's name.</returns>
    public static string ContainerName(string scope, string name) =>
        $"agentsandbox-{(scope.Length == 0 ? "" : scope + "-")}{name.ToLowerInvariant()}";

    /// <summary>Name of the container that takes the place of a sandbox's when it is restored, until it does. No sandbox's container is called so.</summary>
    /// <param name="scope">The scope.</param>
    /// <param name="name">The sandbox's name.</param>
    /// <returns>The container's name.</returns>
    public static string RestoringName(string scope, string name) => SideName("restoring", scope, name);

    /// <summary>Name of the container whose place it takes, from then on.</summary>
    /// <param name="scope">The scope.</param>
    /// <param name="name">The sandbox's name.</param>
    /// <returns>The container's name.</returns>
    public static string ReplacedName(string scope, string name) => SideName("replaced", scope, name);

    private static string SideName(string what, string scope, string name) => $"agentsandbox.{what}-{(scope.Length == 0 ? "" : scope + "-")}{name.ToLowerInvariant()}";

    /// <summary>Filters of the list of containers: ours, in this scope.</summary>
    /// <param name="scope">The scope.</param>
    /// <returns>The filters.</returns>
    public static IReadOnlyList<string> Filter(string scope) => [$"{Version}={CurrentVersion}", $"{Scope}={scope}"];

    /// <summary>Writes the labels.</summary>
    /// <param name="scope">The scope.</param>
    /// <param name="record">The record.</param>
    /// <returns>The labels.</returns>
    public static IReadOnlyDictionary<string, string> Write(string scope, ContainerRecord record) => new Dictionary<string, string>
    {
        [Version] = CurrentVersion,
        [Scope] = scope,
        [Name] = record.Name,
        [Id] = record.SandboxId ?? "",
        [BackendLabel] = record.Specification.Backend,
        [CreatedLabel] = record.Created.ToString("O", CultureInfo.InvariantCulture),
        [RecordLabel] = JsonSerializer.Serialize(record, StateJson.Compact.ContainerRecord),
    };

    /// <summary>Reads the labels.</summary>
    /// <param name="scope">The scope.</param>
    /// <param name="labels">A container's labels.</param>
    /// <param name="containerNames">The container's names; one of them must be the sandbox's.</param>
    /// <returns>The record, or null when the container is not ours.</returns>
    public static ContainerRecord? TryRead(string scope, IReadOnlyDictionary<string, string>? labels, IEnumerable<string?> containerNames) =>
        TryParse(scope, labels) is { } record && Has(containerNames, ContainerName(scope, record.Name)) ? record : null;

    /// <summary>Reads the labels of a container that takes a sandbox's place, or whose place is taken.</summary>
    /// <param name="scope">The scope.</param>
    /// <param name="labels">A container's labels.</param>
    /// <param name="containerNames">The container's names.</param>
    /// <returns>The record, or null when it is neither.</returns>
    public static ContainerRecord? TryReadBeside(string scope, IReadOnlyDictionary<string, string>? labels, IEnumerable<string?> containerNames) =>
        TryParse(scope, labels) is { } record && (Has(containerNames, RestoringName(scope, record.Name)) || Has(containerNames, ReplacedName(scope, record.Name))) ? record : null;

    private static bool Has(IEnumerable<string?> names, string name) => names.Any(n => n?.TrimStart('/') == name);

    private static ContainerRecord? TryParse(string scope, IReadOnlyDictionary<string, string>? labels)
    {
        if (labels is null
            || labels.GetValueOrDefault(Version) != CurrentVersion
            || labels.GetValueOrDefault(Scope) != scope
            || labels.GetValueOrDefault(RecordLabel) is not { Length: < MaxRecord } text)
        {
            return null;
        }

        ContainerRecord? record;
        try
        {
            record = JsonSerializer.Deserialize(text, StateJson.Compact.ContainerRecord);
        }
        catch (JsonException)
        {
            return null; // Not written by this product, whatever it says: it is left alone.
        }

        return record is not null
            && SandboxName.IsValid(record.Name)
            && record.Name == labels.GetValueOrDefault(Name)
            && record.Specification is not null
            && (record.SandboxId is null || (EngineContainer.IsId(record.SandboxId) && labels.GetValueOrDefault(Id) == record.SandboxId))
            ? record
            : null;
    }
}
