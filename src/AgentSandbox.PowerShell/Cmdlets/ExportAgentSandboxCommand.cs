using System.Management.Automation;
using AgentSandbox.PowerShell.Parameters;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Writes the specifications of sandboxes to files that New-AgentSandbox and Test-SandboxIsolation take.</summary>
[Cmdlet(VerbsData.Export, "AgentSandbox", DefaultParameterSetName = "InputObject", SupportsShouldProcess = true)]
[OutputType(typeof(FileInfo))]
public sealed class ExportAgentSandboxCommand : SandboxSelectionCmdlet
{
    private readonly HashSet<string> _written = [];

    /// <summary>The file; or a folder, for a file NAME.sandbox.json each.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>A file that exists is replaced.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Write the files to the pipeline.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override void Act(Sandbox sandbox)
    {
        string path = HostPath.Literal(SessionState, Path);
        string file = Directory.Exists(path) ? System.IO.Path.Combine(path, sandbox.Name + ".sandbox.json") : path;
        if (!ShouldProcess(file, $"Write the specification of {sandbox.Name}"))
        {
            return;
        }

        // The second of two sandboxes does not replace the first, -Force or not.
        string written = SpecificationFile.Write(sandbox.Specification, file, Force && !_written.Contains(file));
        _written.Add(file);
        if (PassThru)
        {
            WriteObject(new FileInfo(written));
        }
    }
}
