using System.Collections;
using System.Management.Automation;

namespace AgentSandbox.PowerShell.Parameters;

/// <summary>The parameters that say all that a sandbox of its own shall be, shared by New-AgentSandbox and Set-SandboxDefault.</summary>
public abstract class WholeSpecificationCmdlet : SpecificationCmdlet
{
    /// <summary>Variables of every command.</summary>
    [Parameter]
    public virtual IDictionary? Environment { get; set; }

    /// <summary>User of every command.</summary>
    [Parameter]
    public virtual string? User { get; set; }

    /// <summary>Folder that commands start in.</summary>
    [Parameter]
    public virtual string? WorkingDirectory { get; set; }

    /// <summary>Host name inside.</summary>
    [Parameter]
    public virtual string? Hostname { get; set; }

    /// <summary>Time after which the sandbox is removed.</summary>
    [Parameter]
    [Duration]
    public virtual TimeSpan? TimeToLive { get; set; }

    /// <summary>Time without a command after which the sandbox is stopped.</summary>
    [Parameter]
    [Duration]
    public virtual TimeSpan? IdleTimeout { get; set; }

    private protected override SandboxSpecification ReadSpecification(SandboxSpecification basis) => base.ReadSpecification(basis) with
    {
        Environment = IsGiven(nameof(Environment)) ? EnvironmentParameter.Read(Environment) : basis.Environment,
        User = IsGiven(nameof(User)) ? User : basis.User,
        WorkingDirectory = IsGiven(nameof(WorkingDirectory)) ? WorkingDirectory : basis.WorkingDirectory,
        Hostname = IsGiven(nameof(Hostname)) ? Hostname : basis.Hostname,
        TimeToLive = IsGiven(nameof(TimeToLive)) ? TimeToLive : basis.TimeToLive,
        IdleTimeout = IsGiven(nameof(IdleTimeout)) ? IdleTimeout : basis.IdleTimeout,
    };
}
