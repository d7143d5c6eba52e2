using System.Management.Automation;
using AgentSandbox.PowerShell.Completion;
using AgentSandbox.PowerShell.Errors;
using AgentSandbox.PowerShell.Parameters;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Changes what the user's new sandboxes are where nothing else is said.</summary>
[Cmdlet(VerbsCommon.Set, "SandboxDefault", SupportsShouldProcess = true)]
[OutputType(typeof(SandboxDefault))]
public sealed class SetSandboxDefaultCommand : WholeSpecificationCmdlet
{
    private static readonly SandboxSpecification s_nothing = new();

    /// <summary>Names of defaults to take away, wildcards allowed.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(DefaultNameCompleter))]
    public string[] Reset { get; set; } = [];

    /// <summary>Write the defaults that there are then.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            string[] removed = [.. Reset.SelectMany(Match).Distinct()];
            string[] given = [.. MyInvocation.BoundParameters.Keys.Where(key => SandboxDefaults.AllNames.Contains(key) || key == nameof(Mount))];
            if (removed.Length + given.Length == 0)
            {
                throw new SandboxException(CmdletErrorId.DefaultRequired, "No default was given.", "Name what to set, such as -Memory 1GB, or what to take away: -Reset Memory.");
            }

            if (!ShouldProcess(SandboxDefaults.Read().FilePath, string.Join(", ", given.Select(name => $"set {name}").Concat(removed.Select(name => $"reset {name}")))))
            {
                return;
            }

            SandboxDefaults changed = SandboxDefaults.Change(before => ReadSpecification(Without(before, removed)));
            if (PassThru)
            {
                WriteObject(SandboxDefault.Of(changed), enumerateCollection: true);
            }
        }
        catch (SandboxException e)
        {
            ThrowTerminating(e);
        }
    }

    private static IReadOnlyList<string> Match(string name)
    {
        var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
        string[] found = [.. SandboxDefaults.AllNames.Where(pattern.IsMatch)];
        return found.Length > 0
            ? found
            : throw new SandboxException(SandboxErrorId.InvalidSpecification, $"Nothing that can have a default is called '{name}'.", $"Did you mean '{SandboxDefaults.Nearest(name)}'?", name);
    }

    private static SandboxSpecification Without(SandboxSpecification defaults, IEnumerable<string> names)
    {
        SandboxSpecification result = defaults with { };
        foreach (string name in names)
        {
            // By name, as files and -Reset have it; records are immutable to everybody else.
            var property = typeof(SandboxSpecification).GetProperty(name)!;
            property.SetValue(result, property.GetValue(s_nothing));
        }

        return result;
    }
}
