using System.Management.Automation;

namespace AgentSandbox.PowerShell.Invocation;

/// <summary>The pipeline input of script blocks: objects. Each of several sandboxes gets all of them; so does text for a Windows sandbox, whose PowerShell is run as a program.</summary>
internal sealed class BlockInput
{
    private readonly List<PSDataCollection<PSObject>> _readers = [];

    /// <summary>A reader of its own. All are made before the first object comes.</summary>
    /// <returns>The reader.</returns>
    public PSDataCollection<PSObject> AddReader()
    {
        PSDataCollection<PSObject> reader = [];
        _readers.Add(reader);
        return reader;
    }

    /// <summary>Takes an object.</summary>
    /// <param name="item">The object.</param>
    public void Append(PSObject? item)
    {
        foreach (PSDataCollection<PSObject> reader in _readers.Where(static reader => reader.IsOpen))
        {
            try
            {
                reader.Add(item!);
            }
            catch (InvalidOperationException)
            {
                // Its block ended meanwhile, which closes it: a command's right, as in any shell.
            }
        }
    }

    /// <summary>No more comes.</summary>
    public void Complete() => _readers.ForEach(static reader => reader.Complete());
}
