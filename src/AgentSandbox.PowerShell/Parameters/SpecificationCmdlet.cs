using System.Diagnostics.CodeAnalysis;
using System.Management.Automation;
using AgentSandbox.PowerShell.Completion;
using AgentSandbox.PowerShell.Pump;

namespace AgentSandbox.PowerShell.Parameters;

/// <summary>The parameters that say what a sandbox shall be, shared by New-AgentSandbox and the throw-away form of Invoke-InSandbox.</summary>
public abstract class SpecificationCmdlet : SandboxCmdlet
{
    private static readonly string[] s_specifying =
        [nameof(Backend), nameof(Image), nameof(NoPull), nameof(Mount), nameof(Network), nameof(Memory), nameof(Cpu), nameof(PidLimit), nameof(DiskLimit), nameof(ReadOnly), nameof(Allow), nameof(Cmdlets.InvokeInSandboxCommand.NoPowerShell)];

    /// <summary>Name of a backend, or Auto.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(BackendCompleter))]
    [ValidateNotNullOrEmpty]
    public virtual string? Backend { get; set; }

    /// <summary>Name of an image.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(ImageCompleter))]
    [ValidateNotNullOrEmpty]
    public virtual string? Image { get; set; }

    /// <summary>An image that the container engine does not have is an error instead of being pulled.</summary>
    [Parameter]
    public virtual SwitchParameter NoPull { get; set; }

    /// <summary>Folders and files of the host that the sandbox sees.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(MountCompleter))]
    public virtual object[]? Mount { get; set; }

    /// <summary>The network.</summary>
    [Parameter]
    public virtual NetworkMode? Network { get; set; }

    /// <summary>Memory limit in bytes.</summary>
    [Parameter]
    [Size]
    public virtual long? Memory { get; set; }

    /// <summary>CPU limit in CPUs.</summary>
    [Parameter]
    public virtual double? Cpu { get; set; }

    /// <summary>Limit of processes and threads.</summary>
    [Parameter]
    public virtual int? PidLimit { get; set; }

    /// <summary>Limit in bytes of the sandbox's own files.</summary>
    [Parameter]
    [Size]
    public virtual long? DiskLimit { get; set; }

    /// <summary>The root file system can't be written.</summary>
    [Parameter]
    [SuppressMessage("Naming", "CA1716:Identifiers should not match keywords", Justification = "A parameter's name, which users type; only cmdlets of this assembly override it.")]
    public virtual SwitchParameter ReadOnly { get; set; }

    /// <summary>What of the kernel is opened that is closed by default.</summary>
    [Parameter]
    [Allowance]
    public virtual SandboxAllowance[]? Allow { get; set; }

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

    /// <summary>The user's defaults; <c>-Verbose</c> says which of them apply.</summary>
    /// <exception cref="SandboxException">They can't be used.</exception>
    private protected SandboxSpecification ReadDefaults()
    {
        SandboxDefaults defaults = SandboxDefaults.Read();
        string[] names = [.. defaults.Names.Where(name => !IsGiven(ParameterOf(name)))];
        if (names.Length > 0)
        {
            WriteVerbose($"From your defaults in {defaults.FilePath}: {string.Join(", ", names)}.");
        }

        return defaults.Specification;
    }

    /// <summary>What these parameters say, and what is said already where they say nothing.</summary>
    /// <param name="basis">What is said already.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.InvalidMount"/>.</exception>
    private protected virtual SandboxSpecification ReadSpecification(SandboxSpecification basis) => basis with
    {
        Backend = Backend ?? basis.Backend,
        Image = Image ?? basis.Image,
        NoPull = IsGiven(nameof(NoPull)) ? NoPull : basis.NoPull,
        Mounts = IsGiven(nameof(Mount)) ? MountParameter.Read(Mount, SessionState) : basis.Mounts,
        Network = IsGiven(nameof(Network)) ? Network : basis.Network,
        Memory = IsGiven(nameof(Memory)) ? Memory : basis.Memory,
        Cpu = IsGiven(nameof(Cpu)) ? Cpu : basis.Cpu,
        PidLimit = IsGiven(nameof(PidLimit)) ? PidLimit : basis.PidLimit,
        DiskLimit = IsGiven(nameof(DiskLimit)) ? DiskLimit : basis.DiskLimit,
        ReadOnly = IsGiven(nameof(ReadOnly)) ? ReadOnly : basis.ReadOnly,
        Allow = IsGiven(nameof(Allow)) ? Allow ?? [] : basis.Allow,
    };

    /// <summary>The user gave this parameter, be it with null.</summary>
    private protected bool IsGiven(string parameter) => MyInvocation.BoundParameters.ContainsKey(parameter);

    /// <summary>Parameters have singular names.</summary>
    private static string ParameterOf(string property) => property == nameof(SandboxSpecification.Mounts) ? nameof(Mount) : property;
}
