using AgentSandbox.Backends;
using AgentSandbox.State;

namespace AgentSandbox.PowerShell.Session;

/// <summary>
/// The one <see cref="SandboxManager"/> of this process: connections to sandboxes stay open from one cmdlet call to the next,
/// which is what makes a second command in a running sandbox cheap.
/// </summary>
internal static class SharedManager
{
    private static readonly object s_lock = new();
    private static readonly Dictionary<string, SandboxManager> s_managers = new(StringComparer.Ordinal);

    /// <summary>What decides which sandboxes there are: the state folder, and how the docker command line would find its engine.</summary>
    private static readonly string[] s_places = [SandboxHome.EnvironmentVariable, "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"];

    /// <summary>The manager of the state folder and engine that the environment names now; a script may change the variables between two calls.</summary>
    public static SandboxManager Current
    {
        get
        {
            string key = string.Join('\0', s_places.Select(Environment.GetEnvironmentVariable));
            lock (s_lock)
            {
                if (!s_managers.TryGetValue(key, out SandboxManager? manager))
                {
                    // The module carries the programs in its own folder, those for Windows in one below it.
                    SandboxPrograms.Folder ??= Path.Combine(Path.GetDirectoryName(typeof(SharedManager).Assembly.Location) ?? "", "bin");
                    manager = new SandboxManager(new SandboxHome());
                    s_managers.Add(key, manager);
                }

                return manager;
            }
        }
    }

    /// <summary>Closes every connection. Sandboxes live on; the next call opens new ones.</summary>
    public static void Close()
    {
        Remoting.WarmRunspaces.Close();
        SandboxManager[] managers;
        lock (s_lock)
        {
            managers = [.. s_managers.Values];
            s_managers.Clear();
        }

        foreach (SandboxManager manager in managers)
        {
            manager.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }
}
