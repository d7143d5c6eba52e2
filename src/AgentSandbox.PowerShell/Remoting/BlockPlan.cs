using System.Collections;
using System.Management.Automation.Host;

namespace AgentSandbox.PowerShell.Remoting;

/// <summary>A script block to run in sandboxes, with what it gets from its caller.</summary>
internal sealed record BlockPlan
{
    /// <summary>Text of the block.</summary>
    public required string Text { get; init; }

    /// <summary>Its arguments.</summary>
    public required IReadOnlyList<object?> Arguments { get; init; }

    /// <summary>Values of its <c>$using:</c> variables, else null.</summary>
    public Hashtable? Using { get; init; }

    /// <summary>Preference variables that the caller set with parameters (-Verbose, -Debug).</summary>
    public required IReadOnlyList<string> Preferences { get; init; }

    /// <summary>This process's host.</summary>
    public required PSHost Host { get; init; }

    /// <summary>User, folder, environment and time-out.</summary>
    public required CommandSpecification How { get; init; }

    /// <summary>The pipeline for it.</summary>
    public System.Management.Automation.PowerShell Build()
    {
        var shell = System.Management.Automation.PowerShell.Create();
        shell.AddScript(Text, useLocalScope: true);
        foreach (object? argument in Arguments)
        {
            shell.AddArgument(argument);
        }

        if (Using is not null)
        {
            shell.AddParameter(UsingValues.Parameter, Using);
        }

        return shell;
    }
}
