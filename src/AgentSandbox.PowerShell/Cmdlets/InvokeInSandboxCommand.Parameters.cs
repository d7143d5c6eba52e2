using System.Collections;
using System.Management.Automation;
using AgentSandbox.PowerShell.Completion;
using AgentSandbox.PowerShell.Invocation;
using AgentSandbox.PowerShell.Parameters;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Runs a command in one or many sandboxes, or in a throw-away one.</summary>
[Cmdlet(VerbsLifecycle.Invoke, "InSandbox", DefaultParameterSetName = LineSet, SupportsShouldProcess = true)]
[OutputType(typeof(string), typeof(byte), typeof(PSObject), typeof(SandboxCommandResult), typeof(Jobs.SandboxJob), typeof(SandboxProcess))]
public sealed partial class InvokeInSandboxCommand : SpecificationCmdlet, IStandardErrorTarget
{
    private const string LineSet = "Line";
    private const string NativeSet = "Native";
    private const string ScriptSet = "Script";
    private const string BlockSet = "ScriptBlock";

    /// <summary>Sandboxes: objects, names or ids.</summary>
    [Parameter(Position = 0)]
    [ArgumentCompleter(typeof(SandboxNameCompleter))]
    [ValidateNotNullOrEmpty]
    public SandboxReference[]? Sandbox { get; set; }

    /// <summary>A line for the sandbox's shell.</summary>
    [Parameter(Position = 1, ParameterSetName = LineSet)]
    [ValidateNotNullOrEmpty]
    public string? CommandLine { get; set; }

    /// <summary>A program, started without a shell.</summary>
    [Parameter(Mandatory = true, ParameterSetName = NativeSet)]
    [ValidateNotNullOrEmpty]
    public string? Command { get; set; }

    /// <summary>A script of this machine.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ScriptSet)]
    [ValidateNotNullOrEmpty]
    public string? FilePath { get; set; }

    /// <summary>A script block, run by a PowerShell in the sandbox. It brings objects back.</summary>
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = BlockSet)]
    [ValidateNotNull]
    public ScriptBlock? ScriptBlock { get; set; }

    /// <summary>Arguments of the program or script, each passed on as text as it is, or of the script block, passed on as objects.</summary>
    [Parameter(ParameterSetName = NativeSet)]
    [Parameter(ParameterSetName = BlockSet)]
    [Parameter(ParameterSetName = ScriptSet)]
    [AllowEmptyCollection]
    [AllowEmptyString]
    public object?[] ArgumentList { get; set; } = [];

    /// <summary>Standard input, of a script block its pipeline input; or, when no sandbox is named, the sandboxes.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    /// <summary>Write one object at the end instead of streams.</summary>
    [Parameter]
    public SwitchParameter AsResult { get; set; }

    /// <summary>Standard output as bytes.</summary>
    [Parameter]
    public SwitchParameter AsByteStream { get; set; }

    /// <summary>Folder in the sandbox to start in.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? WorkingDirectory { get; set; }

    /// <summary>Variables added to those of the sandbox.</summary>
    [Parameter]
    public IDictionary? Environment { get; set; }

    /// <summary>User inside the sandbox.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? User { get; set; }

    /// <summary>Seconds after which the command is ended.</summary>
    [Parameter]
    [ValidateRange(0.001, 2_000_000.0)]
    public double? TimeoutSec { get; set; }

    /// <summary>This machine's PowerShell is not mounted into a sandbox of the image host.</summary>
    [Parameter]
    public SwitchParameter NoPowerShell { get; set; }

    /// <summary>How many sandboxes are worked in at once.</summary>
    [Parameter]
    [ValidateRange(1, 1024)]
    public int ThrottleLimit { get; set; } = 8;
}
