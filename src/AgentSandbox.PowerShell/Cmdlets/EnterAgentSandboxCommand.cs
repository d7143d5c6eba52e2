using System.Collections;
using System.Management.Automation;
using AgentSandbox.PowerShell.Completion;
using AgentSandbox.PowerShell.Parameters;
using AgentSandbox.PowerShell.Pump;
using AgentSandbox.Terminals;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Starts an interactive shell in a sandbox, on the terminal that PowerShell runs on.</summary>
[Cmdlet(VerbsCommon.Enter, "AgentSandbox", DefaultParameterSetName = ByName)]
[OutputType(typeof(void))]
public sealed class EnterAgentSandboxCommand : SandboxCmdlet
{
    private const string ByName = "Name";
    private const string ById = "Id";
    private const string ByObject = "InputObject";

    /// <summary>Its name.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ByName)]
    [ArgumentCompleter(typeof(SandboxNameCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>Its id.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ById)]
    [ValidateNotNullOrEmpty]
    public string? Id { get; set; }

    /// <summary>The sandbox.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByObject, ValueFromPipeline = true)]
    [ValidateNotNull]
    public Sandbox? InputObject { get; set; }

    /// <summary>A program to run in the place of the user's login shell.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNullOrEmpty]
    public string? Command { get; set; }

    /// <summary>Arguments of the program or shell, each passed on as it is.</summary>
    [Parameter]
    [AllowEmptyCollection]
    [AllowEmptyString]
    public string[] ArgumentList { get; set; } = [];

    /// <summary>User inside the sandbox.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? User { get; set; }

    /// <summary>Folder in the sandbox to start in.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? WorkingDirectory { get; set; }

    /// <summary>Variables added to those of the sandbox.</summary>
    [Parameter]
    public IDictionary? Environment { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            InteractiveSession.ThrowIfNoTerminal();
            CommandSpecification command = Command is null ? CommandSpecification.LoginShell(TerminalSize.Default, ArgumentList) : new CommandSpecification { Arguments = [Command, .. ArgumentList] };
            command = command with { User = User, WorkingDirectory = WorkingDirectory, Environment = EnvironmentParameter.Read(Environment) };
            string id = InputObject?.Id ?? Manager.Get((Id ?? Name)!).Id;
            CommandExit exit = RunPumped((_, token) => InteractiveSession.RunAsync(Manager, id, command, token));
            SessionState.PSVariable.Set("global:LASTEXITCODE", exit.ExitCode);
            if (exit.ExitCode != 0)
            {
                // $? is false then, as with native commands.
                InvokeCommand.HasErrors = true;
            }
        }
        catch (SandboxException e)
        {
            ThrowTerminating(e, InputObject?.Name ?? Id ?? Name);
        }
    }
}
