using AgentSandbox.PowerShell.Session;

namespace AgentSandbox.PowerShell.Completion;

/// <summary>Offers the names of the images.</summary>
public sealed class ImageCompleter : LocalCompleter
{
    private protected override IEnumerable<string> Names() => SharedManager.Current.Images.List().Select(image => image.Name);
}
