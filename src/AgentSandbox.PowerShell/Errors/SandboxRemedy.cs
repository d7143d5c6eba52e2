namespace AgentSandbox.PowerShell.Errors;

/// <summary>What an error means and what helps, as Get-SandboxRemedy writes it.</summary>
public sealed class SandboxRemedy
{
    internal SandboxRemedy(string errorId, string meaning, string message, string recommendedAction, IReadOnlyList<string> command)
    {
        ErrorId = errorId;
        Meaning = meaning;
        Message = message;
        RecommendedAction = recommendedAction;
        Command = command;
    }

    /// <summary>The error's id.</summary>
    public string ErrorId { get; }

    /// <summary>What such an error means.</summary>
    public string Meaning { get; }

    /// <summary>What happened this time; empty when an id was asked for.</summary>
    public string Message { get; }

    /// <summary>What to do.</summary>
    public string RecommendedAction { get; }

    /// <summary>Commands that help, which can be run as they are and delete nothing.</summary>
    public IReadOnlyList<string> Command { get; }
}
