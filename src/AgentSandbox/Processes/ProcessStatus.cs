using System.Text.Json.Serialization;

namespace AgentSandbox.Processes;

/// <summary>What a holder writes about its process; <c>status.json</c>.</summary>
internal sealed record ProcessStatus
{
    /// <summary>How it stands. Running says nothing once the holder's lock is free.</summary>
    public required SandboxProcessState State { get; init; }

    /// <summary>What was started, for people. Its environment may hold secrets and is not kept.</summary>
    public required string Command { get; init; }

    /// <summary>When it was started.</summary>
    public required DateTimeOffset StartTime { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? ExitTime { get; init; }

    /// <summary>Its exit code.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Why it is lost, or what is missing of its output.</summary>
    public string? Reason { get; init; }

    /// <summary>Process id of the holder, for as long as that holds its lock.</summary>
    public int HolderId { get; init; }
}

/// <summary>What a holder is to run: comes on its standard input, so that no secret of it is on a command line or on the disk.</summary>
internal sealed record HolderRequest
{
    /// <summary>The sandbox.</summary>
    public required string SandboxId { get; init; }

    /// <summary>What is shown of the command.</summary>
    public required string Display { get; init; }

    /// <inheritdoc cref="CommandSpecification.Arguments"/>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <inheritdoc cref="CommandSpecification.ShellLine"/>
    public string? ShellLine { get; init; }

    /// <inheritdoc cref="CommandSpecification.IsPowerShell"/>
    public bool IsPowerShell { get; init; }

    /// <inheritdoc cref="CommandSpecification.Environment"/>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <inheritdoc cref="CommandSpecification.WorkingDirectory"/>
    public string? WorkingDirectory { get; init; }

    /// <inheritdoc cref="CommandSpecification.User"/>
    public string? User { get; init; }

    /// <inheritdoc cref="CommandSpecification.Timeout"/>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The command.</summary>
    public CommandSpecification ToCommand() => new()
    {
        Arguments = Arguments,
        ShellLine = ShellLine,
        IsPowerShell = IsPowerShell,
        Environment = Environment,
        WorkingDirectory = WorkingDirectory,
        User = User,
        Timeout = Timeout,
    };
}

/// <summary>What a holder says on standard output, in one line: the process runs, or why not.</summary>
internal sealed record HolderReport
{
    /// <summary>The process's number; 0 when it does not run.</summary>
    public int Id { get; init; }

    /// <summary>Id of the error.</summary>
    public string? ErrorId { get; init; }

    /// <summary>What happened.</summary>
    public string? Message { get; init; }

    /// <summary>What to do.</summary>
    public string? RecommendedAction { get; init; }
}

/// <summary>Source-generated JSON, since the holder is compiled ahead of time.</summary>
[JsonSourceGenerationOptions(UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ProcessStatus))]
[JsonSerializable(typeof(HolderRequest))]
[JsonSerializable(typeof(HolderReport))]
internal sealed partial class ProcessJson : JsonSerializerContext;
