using System.Management.Automation;

namespace AgentSandbox.PowerShell.Parameters;

/// <summary>A sandbox as a parameter takes it: the object, or its name or id. PowerShell converts to this through the constructors.</summary>
public sealed class SandboxReference
{
    /// <summary>Refers to a sandbox by name or id.</summary>
    /// <param name="nameOrId">Its name or id.</param>
    public SandboxReference(string nameOrId)
    {
        NameOrId = nameOrId ?? "";
    }

    /// <summary>Refers to a sandbox that was looked at before.</summary>
    /// <param name="sandbox">The sandbox.</param>
    public SandboxReference(Sandbox sandbox)
    {
        ArgumentNullException.ThrowIfNull(sandbox);
        NameOrId = sandbox.Name;
        Object = sandbox;
    }

    /// <summary>Name or id, as given.</summary>
    public string NameOrId { get; }

    /// <summary>The object, where one was given.</summary>
    internal Sandbox? Object { get; }

    /// <inheritdoc/>
    public override string ToString() => NameOrId;

    /// <summary>The sandbox as it is now.</summary>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.SandboxNotFound"/>.</exception>
    internal Sandbox Look(SandboxManager manager) => manager.Get(Object?.Id ?? NameOrId);

    /// <summary>Takes an object from the pipeline for a sandbox: the object, a name, or anything with an Id or a Name, such as what came back from JSON.</summary>
    /// <returns>Null when it is none of these.</returns>
    internal static SandboxReference? FromPipeline(object? item)
    {
        switch (item is PSObject wrapped ? wrapped.BaseObject : item)
        {
            case Sandbox sandbox:
                return new SandboxReference(sandbox);
            case SandboxReference reference:
                return reference;
            case string name:
                return new SandboxReference(name);
            default:
                string? text = item is PSObject other ? (other.Properties["Id"]?.Value ?? other.Properties["Name"]?.Value) as string : null;
                return text is null ? null : new SandboxReference(text);
        }
    }
}
