namespace AgentSandbox;

/// <summary>
/// Something that is not the command's own doing went wrong. Carries what a person needs: a stable id, what happened, what to do.
/// An exit code of a command never becomes one of these, and one of these never looks like an exit code.
/// </summary>
public class SandboxException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="errorId">One of <see cref="SandboxErrorId"/>.</param>
    /// <param name="message">What happened, in one or two sentences.</param>
    /// <param name="recommendedAction">What the user can do about it.</param>
    /// <param name="target">What it happened to: a name, a path.</param>
    /// <param name="innerException">The cause.</param>
    public SandboxException(string errorId, string message, string recommendedAction, object? target = null, Exception? innerException = null)
        : base(message, innerException)
    {
        ErrorId = errorId;
        RecommendedAction = recommendedAction;
        Target = target;
    }

    /// <summary>Stable id, documented in docs/errors.md.</summary>
    public string ErrorId { get; }

    /// <summary>What the user can do.</summary>
    public string RecommendedAction { get; }

    /// <summary>Commands that help, as lines for PowerShell that can be run as they are and delete nothing; empty where only the message can help.</summary>
    public IReadOnlyList<string> RecommendedCommands => RemedyCommands.For(ErrorId, Target);

    /// <summary>What it happened to, if anything in particular.</summary>
    public object? Target { get; }

    /// <summary>Every problem, when several were found at once; else empty.</summary>
    public IReadOnlyList<SpecificationProblem> Problems { get; init; } = [];
}

/// <summary>One thing that is wrong with a specification.</summary>
/// <param name="ErrorId">One of <see cref="SandboxErrorId"/>.</param>
/// <param name="Parameter">The parameter of <c>New-AgentSandbox</c> that it is about.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="RecommendedAction">What to do.</param>
public sealed record SpecificationProblem(string ErrorId, string Parameter, string Message, string RecommendedAction);
