using System.Management.Automation;
using AgentSandbox.PowerShell.Completion;
using AgentSandbox.PowerShell.Pump;

namespace AgentSandbox.PowerShell.Parameters;

/// <summary>The parameters that say what a sandbox shall be, shared by New-AgentSandbox and the throw-away form of Invoke-InSandbox.</summary>
public abstract class SpecificationCmdlet : SandboxCmdlet
{
    private static readonly string[] s_specifying =
        [nameof(Backend), nameof(Image), nameof(NoPull), nameof(Mount), nameof(Network), nameof(Memory), nameof(Cpu), nameof(PidLimit), nameof(DiskLimit), nameof(ReadOnly), nameof(Allow)];

    /// <summary>Name of a backend, or Auto.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(BackendCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Backend { get; set; }

    /// <summary>Name of an image.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ImageCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Image { get; set; }

    /// <summary>An image that the container engine does not have is an error instead of being pulled.</summary>
    [Parameter]
    public SwitchParameter NoPull { get; set; }

    /// <summary>Folders and files of the host that the sandbox sees.</summary>
    [Parameter]
    public object[]? Mount { get; set; }

    /// <summary>The network.</summary>
    [Parameter]
    public NetworkMode? Network { get; set; }

    /// <summary>Memory limit in bytes.</summary>
    [Parameter]
    [Size]
    public long? Memory { get; set; }

    /// <summary>CPU limit in CPUs.</summary>
    [Parameter]
    public double? Cpu { get; set; }

    /// <summary>Limit of processes and threads.</summary>
    [Parameter]
    public int? PidLimit { get; set; }

    /// <summary>Limit in bytes of the sandbox's own files.</summary>
    [Parameter]
    [Size]
    public long? DiskLimit { get; set; }

    /// <summary>The root file system can't be written.</summary>
    [Parameter]
    public SwitchParameter ReadOnly { get; set; }

    /// <summary>What of the kernel is opened that is closed by default.</summary>
    [Parameter]
    [Allowance]
    public SandboxAllowance[]? Allow { get; set; }

    /// <summary>The user said something about what the sandbox shall be.</summary>
    private protected bool IsSpecified => s_specifying.Any(MyInvocation.BoundParameters.ContainsKey);

    /// <summary>Says, for <c>-Verbose</c>, which backend Auto takes and why, and takes it.</summary>
    private protected SandboxSpecification ChooseBackend(SandboxSpecification specification)
    {
        if (!string.Equals(specification.Backend, SandboxSpecification.AutoBackend, StringComparison.OrdinalIgnoreCase))
        {
            return specification;
        }

        AutoChoice choice = RunPumped((_, _) => Task.FromResult(Manager.ExplainAuto()));
        WriteVerbose(choice.ToString());

        // Where there is none, making the sandbox says so, with everything else that is wrong.
        return choice.Backend is null ? specification : specification with { Backend = choice.Backend };
    }

    /// <summary>What these parameters say.</summary>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.InvalidMount"/>.</exception>
    private protected SandboxSpecification ReadSpecification() => new()
    {
        Backend = Backend ?? SandboxSpecification.AutoBackend,
        Image = Image ?? SandboxSpecification.HostImage,
        NoPull = NoPull,
        Mounts = MountParameter.Read(Mount, SessionState),
        Network = Network,
        Memory = Memory,
        Cpu = Cpu,
        PidLimit = PidLimit,
        DiskLimit = DiskLimit,
        ReadOnly = ReadOnly,
        Allow = Allow ?? [],
    };
}
