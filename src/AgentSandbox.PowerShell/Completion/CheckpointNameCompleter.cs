using System.Collections;
using System.Management.Automation;
using AgentSandbox.PowerShell.Parameters;
using AgentSandbox.PowerShell.Session;

namespace AgentSandbox.PowerShell.Completion;

/// <summary>Offers the names of the checkpoints of the sandboxes on the line; of all when there are none. Reads the state files and no more.</summary>
public sealed class CheckpointNameCompleter : LocalCompleter
{
    private protected override IEnumerable<string> Names(IDictionary bound)
    {
        DirectoryInfo folder = new(SharedManager.Current.Home.Sandboxes);
        WildcardPattern[]? wanted = Wanted(bound);
        return !folder.Exists ? [] : folder.EnumerateDirectories()
            .Where(sandbox => wanted is null || (SandboxNameCompleter.NameIn(Path.Combine(sandbox.FullName, "sandbox.json")) is { } name && wanted.Any(w => w.IsMatch(name) || w.IsMatch(sandbox.Name))))
            .Select(sandbox => new DirectoryInfo(Path.Combine(sandbox.FullName, "checkpoints"))).Where(checkpoints => checkpoints.Exists)
            .SelectMany(checkpoints => checkpoints.EnumerateDirectories())
            .Select(checkpoint => SandboxNameCompleter.NameIn(Path.Combine(checkpoint.FullName, "checkpoint.json"))).OfType<string>()
            .Distinct(StringComparer.OrdinalIgnoreCase);
    }

    private static WildcardPattern[]? Wanted(IDictionary bound)
    {
        object? given = bound["Name"] ?? bound["Id"] ?? bound["InputObject"];
        string[] names = [.. (given is PSObject { BaseObject: object[] list } ? list : given as object[] ?? [given!])
            .Select(item => SandboxReference.FromPipeline(item)?.NameOrId).OfType<string>()];
        return given is null || names.Length == 0 ? null : [.. names.Select(name => WildcardPattern.Get(name, WildcardOptions.IgnoreCase | WildcardOptions.CultureInvariant))];
    }
}
