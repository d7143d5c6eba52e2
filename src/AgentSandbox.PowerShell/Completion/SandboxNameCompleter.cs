using System.Text.Json;
using AgentSandbox.PowerShell.Session;

namespace AgentSandbox.PowerShell.Completion;

/// <summary>Offers the names of the sandboxes. Reads the state files and no more: listing would also look at every sandbox and repair.</summary>
public sealed class SandboxNameCompleter : LocalCompleter
{
    private protected override IEnumerable<string> Names()
    {
        DirectoryInfo folder = new(SharedManager.Current.Home.Sandboxes);
        if (!folder.Exists)
        {
            yield break;
        }

        foreach (DirectoryInfo sandbox in folder.EnumerateDirectories())
        {
            if (Name(Path.Combine(sandbox.FullName, "sandbox.json")) is { } name)
            {
                yield return name;
            }
        }
    }

    private static string? Name(string file)
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
