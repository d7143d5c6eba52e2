using System.Globalization;
using System.Management.Automation;
using AgentSandbox.PowerShell.Invocation;
using AgentSandbox.PowerShell.Remoting;

namespace AgentSandbox.PowerShell.Cmdlets;

public sealed partial class InvokeInSandboxCommand
{
    private static readonly string[] s_streamSwitches = ["Verbose", "Debug"];

    /// <summary>A result and bytes are those of a program: the block is run by a PowerShell that writes text.</summary>
    private bool BlockIsText => AsResult || AsByteStream;

    private BlockPlan ReadBlock(CommandSpecification how) => new()
    {
        Text = ScriptBlock!.ToString(),
        Arguments = ArgumentList,
        Using = UsingValues.Read(ScriptBlock, this),
        Preferences = [.. s_streamSwitches.Where(name => MyInvocation.BoundParameters.TryGetValue(name, out object? value) && value is SwitchParameter { IsPresent: true }).Select(name => name + "Preference")],
        Host = Host,
        How = how,
    };

    /// <summary>The command that runs the block as a program.</summary>
    private CommandSpecification AsProgram(CommandSpecification how, Sandbox sandbox)
    {
        CommandSpecification block = CommandSpecification.PowerShell(BlockText.Of(ScriptBlock!, TextArguments()));
        return HostPowerShell.Find(
            block with { Environment = how.Environment, WorkingDirectory = how.WorkingDirectory, User = how.User, Timeout = how.Timeout },
            sandbox);
    }

    /// <summary>As PowerShell itself makes strings of arguments for a parameter of strings.</summary>
    private string[] TextArguments() => [.. ArgumentList.Select(static argument => (string?)LanguagePrimitives.ConvertTo(argument, typeof(string), CultureInfo.InvariantCulture) ?? "")];

    private SandboxSpecification ReadThrowAway(ScriptSource? script)
    {
        SandboxSpecification specification = ChooseBackend(ReadSpecification(ReadDefaults()));
        bool needsPowerShell = ScriptBlock is not null || script?.Interpreter is [HostPowerShell.PowerShellName, ..];
        return needsPowerShell && !NoPowerShell ? HostPowerShell.AddTo(specification) : specification;
    }
}
