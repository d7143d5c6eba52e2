using System.Management.Automation;

namespace AgentSandbox.PowerShell.Session;

/// <summary>
/// Adds the operator <c>Should -BeIsolated</c> where Pester is loaded. PowerShell finds this class by its interface and calls it at every import. Where Pester is not there this is one look at
/// the assemblies of the process: a nested script module that looks would cost every import some 30 milliseconds.
/// </summary>
public sealed class ModuleSetup : IModuleAssemblyInitializer
{
    private const string Script = "param($Path) $null = New-Module -Name AgentSandbox.Pester -ScriptBlock { param($Path) . $Path } -ArgumentList $Path";

    /// <inheritdoc/>
    public void OnImport()
    {
        string file = Path.Combine(Path.GetDirectoryName(typeof(ModuleSetup).Assembly.Location) ?? "", "Pester", "BeIsolated.ps1");
        if (!Array.Exists(AppDomain.CurrentDomain.GetAssemblies(), assembly => assembly.GetName().Name == "Pester") || !File.Exists(file))
        {
            return;
        }

        // Another runspace of the process may have loaded that assembly; the script asks this one whether it has Pester.
        using var shell = System.Management.Automation.PowerShell.Create(RunspaceMode.CurrentRunspace);
        shell.AddScript(Script, useLocalScope: true).AddArgument(file).Invoke();
        if (shell.HadErrors)
        {
            // An operator that is missing without a word would be looked for in the wrong place.
            throw new InvalidOperationException($"The operator BeIsolated can't be added to Pester: {string.Join(" ", shell.Streams.Error)}");
        }
    }
}
