namespace AgentSandbox.State;

/// <summary>
/// Where this product keeps its state: fixed data under <c>/var/lib/agentsandbox</c>, sockets and process ids under <c>/run/agentsandbox</c>; on
/// Windows <c>lib</c> and <c>run</c> under <c>%LOCALAPPDATA%\AgentSandbox</c>, each user's own. <c>AGENTSANDBOX_HOME</c> overrides both. Closed to
/// others: who can write there owns every sandbox.
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
        string? parent = Root ?? (OperatingSystem.IsWindows() ? WindowsDefault() : null);
        Data = parent is null ? "/var/lib/agentsandbox" : Path.Combine(parent, "lib");
        Runtime = parent is null ? "/run/agentsandbox" : Path.Combine(parent, "run");
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

    /// <summary>The known folder, not the variable: a program that this one starts must not find another place because its environment says so.</summary>
    private static string WindowsDefault()
    {
        string local = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return local.Length > 0
            ? Path.Combine(local, "AgentSandbox")
            : throw new SandboxException(SandboxErrorId.StateFailed, "This account has no folder for local data (%LOCALAPPDATA%), so there is no place for the state of sandboxes.", $"Set {EnvironmentVariable} to an absolute path.");
    }
}
