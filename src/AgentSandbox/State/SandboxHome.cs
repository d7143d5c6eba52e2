namespace AgentSandbox.State;

/// <summary>
/// Where this product keeps its state: fixed data under <c>/var/lib/agentsandbox</c>, sockets and process ids under <c>/run/agentsandbox</c>.
/// <c>AGENTSANDBOX_HOME</c> overrides both. Root-only: who can write there owns every sandbox.
/// </summary>
public sealed class SandboxHome
{
    /// <summary>Name of the environment variable that moves both folders.</summary>
    public const string EnvironmentVariable = "AGENTSANDBOX_HOME";

    /// <summary>Takes the folders from the environment.</summary>
    public SandboxHome()
        : this(Environment.GetEnvironmentVariable(EnvironmentVariable))
    {
    }

    /// <summary>Takes the folders below <paramref name="root"/>.</summary>
    /// <param name="root">An absolute path, or null or empty for the standard folders.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.StateFailed"/>: the path is not absolute.</exception>
    public SandboxHome(string? root)
    {
        if (!string.IsNullOrEmpty(root) && !Path.IsPathFullyQualified(root))
        {
            throw new SandboxException(SandboxErrorId.StateFailed, $"{EnvironmentVariable} is '{root}', which is no absolute path.", "Set it to an absolute path or unset it.", root);
        }

        Root = string.IsNullOrEmpty(root) ? null : root;
        Data = string.IsNullOrEmpty(root) ? "/var/lib/agentsandbox" : Path.Combine(root, "lib");
        Runtime = string.IsNullOrEmpty(root) ? "/run/agentsandbox" : Path.Combine(root, "run");
    }

    /// <summary>The folder that holds both others, where they are not in their standard places.</summary>
    public string? Root { get; }

    /// <summary>Folder that survives a reboot.</summary>
    public string Data { get; }

    /// <summary>Folder that does not.</summary>
    public string Runtime { get; }

    /// <summary>Folder of all images.</summary>
    public string Images => Path.Combine(Data, "images");

    /// <summary>Folder of all sandboxes' fixed data.</summary>
    public string Sandboxes => Path.Combine(Data, "sandboxes");

    /// <summary>Folder of one sandbox's fixed data and file system.</summary>
    /// <param name="id">Its id.</param>
    /// <returns>The path.</returns>
    public string SandboxData(string id) => Path.Combine(Sandboxes, id);

    /// <summary>Folder of one sandbox's socket, lock and log.</summary>
    /// <param name="id">Its id.</param>
    /// <returns>The path.</returns>
    public string SandboxRuntime(string id) => Path.Combine(Runtime, id);
}
