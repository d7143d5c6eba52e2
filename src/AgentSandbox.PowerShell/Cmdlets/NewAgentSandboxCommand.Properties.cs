using System.Collections;
using System.Management.Automation;
using AgentSandbox.PowerShell.Completion;
using AgentSandbox.PowerShell.Parameters;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>
/// What an object of the pipeline says about the sandbox to be made: <c>Import-Csv boxes.csv | New-AgentSandbox</c>. All of it, so that no column is ignored without a word. Not in the
/// base: what is piped to Invoke-InSandbox is a command's input, whatever properties it has.
/// </summary>
public sealed partial class NewAgentSandboxCommand
{
    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(BackendCompleter))]
    [ValidateNotNullOrEmpty]
    public override string? Backend { get => base.Backend; set => base.Backend = value; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(ImageCompleter))]
    [ValidateNotNullOrEmpty]
    public override string? Image { get => base.Image; set => base.Image = value; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public override SwitchParameter NoPull { get => base.NoPull; set => base.NoPull = value; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(MountCompleter))]
    public override object[]? Mount { get => base.Mount; set => base.Mount = value; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public override NetworkMode? Network { get => base.Network; set => base.Network = value; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Size]
    public override long? Memory { get => base.Memory; set => base.Memory = value; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public override double? Cpu { get => base.Cpu; set => base.Cpu = value; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public override int? PidLimit { get => base.PidLimit; set => base.PidLimit = value; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Size]
    public override long? DiskLimit { get => base.DiskLimit; set => base.DiskLimit = value; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public override SwitchParameter ReadOnly { get => base.ReadOnly; set => base.ReadOnly = value; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Allowance]
    public override SandboxAllowance[]? Allow { get => base.Allow; set => base.Allow = value; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public override IDictionary? Environment { get => base.Environment; set => base.Environment = value; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public override string? User { get => base.User; set => base.User = value; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public override string? WorkingDirectory { get => base.WorkingDirectory; set => base.WorkingDirectory = value; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public override string? Hostname { get => base.Hostname; set => base.Hostname = value; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Duration]
    public override TimeSpan? TimeToLive { get => base.TimeToLive; set => base.TimeToLive = value; }

    /// <inheritdoc/>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [Duration]
    public override TimeSpan? IdleTimeout { get => base.IdleTimeout; set => base.IdleTimeout = value; }
}
