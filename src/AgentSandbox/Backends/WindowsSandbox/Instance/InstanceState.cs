using System.Text.Json.Serialization;
using AgentSandbox.Backends.WindowsSandbox.Keeping;
using AgentSandbox.Backends.WindowsSandbox.Readiness;

namespace AgentSandbox.Backends.WindowsSandbox.Instance;

/// <summary>
/// What proves that an instance is ours, and how it is; <c>instance.json</c> in the sandbox's folder. Written before anything is started, so that
/// whoever comes after a kill stops exactly that one and no other.
/// </summary>
internal sealed record InstanceState
{
    /// <summary>Id of the instance, chosen by us.</summary>
    public required string InstanceId { get; init; }

    /// <summary>How it is started.</summary>
    public required StartWay Way { get; init; }

    /// <summary>Where it is in its life.</summary>
    public required InstancePhase Phase { get; init; }

    /// <summary>When its start was asked for; null before.</summary>
    public DateTimeOffset? StartAsked { get; init; }

    /// <summary>When asking was over, whatever came of it; null while it goes on, and after a kill.</summary>
    public DateTimeOffset? StartOver { get; init; }

    /// <summary>Until when an instance may come of it.</summary>
    [JsonIgnore]
    public DateTimeOffset? MayComeUntil => StartOver is { } over ? over + InstanceTimes.LateSuccess : StartAsked + InstanceTimes.Unknown;

    /// <summary>Why it failed.</summary>
    public string? Reason { get; init; }

    /// <summary>Who made it, for people: user and process.</summary>
    public string? Creator { get; init; }

    /// <summary>Process that keeps it.</summary>
    public int KeeperId { get; init; }

    /// <summary>The older way's proof: the processes that came with it.</summary>
    public IReadOnlyList<ProcessIdentity> Processes { get; init; } = [];
}

/// <summary>Where an instance is in its life.</summary>
internal enum InstancePhase
{
    /// <summary>Nothing was started.</summary>
    Planned = 0,

    /// <summary>Its start was asked for; whether there is one is not known.</summary>
    Starting = 1,

    /// <summary>It is there; nobody has answered from inside yet.</summary>
    Started = 2,

    /// <summary>Commands can run.</summary>
    Running = 3,

    /// <summary>It is certain that there is none any more.</summary>
    Ended = 4,
}

/// <summary>A process, told apart from a later one with the same number.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Created">When it was made, as a FILETIME.</param>
internal readonly record struct ProcessIdentity(int Id, long Created);

/// <summary>Source-generated JSON of this backend's files and reports.</summary>
[JsonSourceGenerationOptions(UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(InstanceState))]
[JsonSerializable(typeof(KeeperReport))]
internal sealed partial class InstanceJson : JsonSerializerContext
{
}
