namespace AgentSandbox;

/// <summary>A command to run in a sandbox.</summary>
public sealed record CommandSpecification
{
    /// <summary>Program and arguments, passed on as they are, with no shell in between.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>The arguments are those of a verb of the guest program itself (copying, probing).</summary>
    internal bool Self { get; init; }

    /// <summary>Variables added to those of the sandbox.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Folder in the sandbox to start in; null is the sandbox's own default.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>User inside the sandbox; null is the sandbox's own default.</summary>
    public string? User { get; init; }

    /// <summary>Standard input will be written; without it the command reads end-of-file at once.</summary>
    public bool StandardInput { get; init; }

    /// <summary>The command, and everything that it started, is ended after this long; null is never. The deadline is kept by the host.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>A shell line, run as <c>/bin/sh -c</c>.</summary>
    /// <param name="line">The line.</param>
    /// <returns>The command.</returns>
    public static CommandSpecification Shell(string line) => new() { Arguments = ["/bin/sh", "-c", line] };
}
