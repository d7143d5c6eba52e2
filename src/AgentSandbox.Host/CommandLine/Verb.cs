using System.CommandLine;

namespace AgentSandbox.Host.CommandLine;

/// <summary>A command of the command line, with what its help shows.</summary>
internal sealed class Verb : Command
{
    /// <summary>Creates a verb.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="description">What it does, one sentence.</param>
    public Verb(string name, string description)
        : base(name, description)
    {
        // Never invoked: Handler is. Without an action System.CommandLine would demand a subcommand in words of its own.
        SetAction(static _ => 0);
    }

    /// <summary>How it is written.</summary>
    public required string Usage { get; init; }

    /// <summary>The words that name it, from the program's name on.</summary>
    public string FullName => Parents.OfType<Verb>().FirstOrDefault() is { } parent ? $"{parent.FullName} {Name}" : Name;

    /// <summary>What it is for, by example: a sentence and the lines to type.</summary>
    public IReadOnlyList<(string What, string Lines)> Examples { get; init; } = [];

    /// <summary>What else one should know, as paragraphs.</summary>
    public string? Notes { get; init; }

    /// <summary>What follows <c>--</c> is a command to run in a sandbox.</summary>
    public bool RunsCommand { get; init; }

    /// <summary>The command may be left out.</summary>
    public bool HasDefaultCommand { get; init; }

    /// <summary>Does it; null for a verb that only groups others.</summary>
    public Func<Invocation, Task<int>>? Handler { get; init; }
}
