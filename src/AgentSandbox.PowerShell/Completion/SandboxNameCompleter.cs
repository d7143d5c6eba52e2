using System.Text.Json;
using AgentSandbox.PowerShell.Session;

namespace AgentSandbox.PowerShell.Completion;

/// <summary>Offers the names of the sandboxes. Reads the state files and no more: listing would also look at every sandbox and repair.</summary>
public sealed class SandboxNameCompleter : LocalCompleter
{
    private protected override IEnumerable<string> Names()
    {
        DirectoryInfo folder = new(SharedManager.Current.Home.Sandboxes);
        return folder.Exists ? folder.EnumerateDirectories().Select(sandbox => NameIn(Path.Combine(sandbox.FullName, "sandbox.json"))).OfType<string>() : [];
    }

    /// <summary>The name that a state file says; null when it is not there.</summary>
    internal static string? NameIn(string file)
    {
        if (!File.Exists(file))
        {
            return null;
        }

        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
        foreach (JsonProperty property in document.RootElement.EnumerateObject())
        {
            if (string.Equals(property.Name, "Name", StringComparison.OrdinalIgnoreCase))
            {
                return property.Value.GetString();
            }
        }

        return null;
    }
}
