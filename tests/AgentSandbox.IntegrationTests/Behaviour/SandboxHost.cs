using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Linux.ControlGroups;
using AgentSandbox.IntegrationTests.Wsl;
using AgentSandbox.State;

namespace AgentSandbox.IntegrationTests.Behaviour;

/// <summary>A state folder of its own with a manager over it. Disposing it removes every sandbox and fails the test when anything is left.</summary>
public sealed class SandboxHost : IAsyncDisposable
{
    private readonly List<Sandbox> _made = [];
    private readonly Lazy<Task> _wsl;

    public SandboxHost()
        : this(null)
    {
    }

    /// <summary>Over a container engine other than the machine's.</summary>
    internal SandboxHost(DockerEndpoint? engine)
    {
        Root = Path.Combine(Path.GetTempPath(), "agsb-" + Guid.NewGuid().ToString("N")[..8]);
        Home = new SandboxHome(Root);
        Manager = new SandboxManager(Home, engine);
        _wsl = new Lazy<Task>(() => StandInWsl.InstallAsync(Manager));
    }

    public static TheoryData<string> Backends => ["Nspawn", "Chroot", "Docker", "GVisor", "Wsl"];

    public string Root { get; }

    public SandboxHome Home { get; }

    public SandboxManager Manager { get; }

    /// <summary>Puts in place what a backend needs that a test's own state folder does not have yet.</summary>
    public Task PrepareAsync(string backend) => backend == "Wsl" ? _wsl.Value : Task.CompletedTask;

    public async Task<Sandbox> CreateAsync(string backend, Func<SandboxSpecification, SandboxSpecification>? change = null)
    {
        await PrepareAsync(backend);
        var specification = new SandboxSpecification { Backend = backend };
        Sandbox sandbox = await Manager.CreateAsync(change?.Invoke(specification) ?? specification);
        lock (_made)
        {
            _made.Add(sandbox);
        }

        return sandbox;
    }

    /// <summary>Whether a container engine keeps the backend's sandboxes.</summary>
    public static bool IsEngine(string backend) => backend is "Docker" or "GVisor";

    /// <summary>Whether anything is kept of a sandbox, running or not. Asks nobody who would repair it.</summary>
    public bool IsThere(Sandbox sandbox) => IsEngine(sandbox.Backend) ? TestEngine.Has(sandbox.Id) : Directory.Exists(DataOf(sandbox));

    /// <summary>Folder of a sandbox's fixed data; of one in a distribution, where that has it.</summary>
    public string DataOf(Sandbox sandbox) => sandbox.Backend == "Wsl" ? Path.Combine(StandInWsl.StateOf(Home).Data, "sandboxes", sandbox.Id) : Home.SandboxData(sandbox.Id);

    /// <summary>Folder of what lives as long as a sandbox runs; likewise.</summary>
    public string RuntimeOf(Sandbox sandbox) => sandbox.Backend == "Wsl" ? Path.Combine(StandInWsl.StateOf(Home).Runtime, sandbox.Id) : Home.SandboxRuntime(sandbox.Id);

    public Task<CommandResult> ShellAsync(Sandbox sandbox, string line, TimeSpan? timeout = null) =>
        Manager.RunAsync(sandbox.Id, CommandSpecification.Shell(line) with { Timeout = timeout ?? TimeSpan.FromSeconds(60) });

    /// <summary>Everything of a sandbox that is not in its state folder.</summary>
    public static IReadOnlyList<string> RemainsOf(string id, string root)
    {
        var found = new List<string>();
        foreach (string hierarchy in ControlGroupHierarchy.Detect().Roots)
        {
            string group = Path.Combine(hierarchy, "agentsandbox", id);
            if (Directory.Exists(group))
            {
                found.Add("control group " + group);
            }
        }

        foreach (string process in Directory.EnumerateDirectories("/proc").Where(p => char.IsAsciiDigit(Path.GetFileName(p)[0])))
        {
            try
            {
                if (File.ReadAllText(Path.Combine(process, "mountinfo")).Contains("/" + id + "/", StringComparison.Ordinal))
                {
                    found.Add($"mount in {process}: {File.ReadAllText(Path.Combine(process, "cmdline")).Replace('\0', ' ')}");
                }

                // An engine's own shim above a container goes when the engine is done with it.
                string line = File.ReadAllText(Path.Combine(process, "cmdline")).Replace('\0', ' ');
                if (line.Contains(id, StringComparison.Ordinal) && !line.Contains("containerd-shim", StringComparison.Ordinal))
                {
                    found.Add($"process {process}: {line}");
                }
            }
            catch (IOException)
            {
                // It ended while it was looked at.
            }
        }

        foreach (string backing in Directory.EnumerateFiles("/sys/block/", "backing_file", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 2, IgnoreInaccessible = true }))
        {
            try
            {
                if (File.ReadAllText(backing).Contains(id, StringComparison.Ordinal))
                {
                    found.Add("loop device " + backing);
                }
            }
            catch (IOException)
            {
                // Detached while it was looked at.
            }
        }

        return found;
    }

    /// <summary>Waits: what an engine has killed its kernel clears away a moment later.</summary>
    public async Task NothingIsLeftOfAsync(Sandbox sandbox, TimeSpan? patience = null)
    {
        for (int i = 0; i < (patience ?? TimeSpan.FromSeconds(5)).TotalMilliseconds / 50 && (RemainsOf(sandbox.Id, Root).Count > 0 || IsThere(sandbox)); i++)
        {
            await Task.Delay(50);
        }

        Assert.Empty(RemainsOf(sandbox.Id, Root));
        Assert.False(IsThere(sandbox));
    }

    public async ValueTask DisposeAsync()
    {
        // A test that ended with its engine down has failed already, and says why; what is there goes with the engine.
        foreach (Sandbox sandbox in Manager.List(_ => { }))
        {
            await Manager.RemoveAsync(sandbox.Id);
        }

        if (_wsl.IsValueCreated && _wsl.Value.IsCompletedSuccessfully)
        {
            await Manager.UninstallBackendAsync("Wsl");
        }

        await Manager.DisposeAsync();
        string[] ids = [.. _made.Select(s => s.Id)];
        string[] remains = [.. ids.SelectMany(id => RemainsOf(id, Root))];
        for (int i = 0; i < 100 && remains.Length > 0; i++)
        {
            await Task.Delay(50);
            remains = [.. ids.SelectMany(id => RemainsOf(id, Root))];
        }

        string[] records = [.. new[] { Home.Sandboxes, Home.Runtime, Path.Combine(Home.Data, "names"), Path.Combine(Home.Data, "ids") }.Where(Directory.Exists).SelectMany(Directory.EnumerateFileSystemEntries)];
        if (Directory.Exists(Root))
        {
            Directory.Delete(Root, recursive: true);
        }

        Assert.Empty(remains);
        Assert.DoesNotContain(_made, s => IsEngine(s.Backend) && TestEngine.Has(s.Id));
        Assert.Empty(records);
    }
}
