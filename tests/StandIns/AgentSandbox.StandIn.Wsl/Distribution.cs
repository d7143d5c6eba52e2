using System.Globalization;

namespace AgentSandbox.StandIn.Wsl;

/// <summary>A registered distribution: a folder in the state folder, which names the one that its content is in.</summary>
internal sealed class Distribution
{
    private Distribution(string folder) => Folder = folder;

    /// <summary>Folder of what is known about it.</summary>
    public string Folder { get; }

    public string Name => Path.GetFileName(Folder);

    /// <summary>Folder that it was imported into.</summary>
    public string Location => File.ReadAllText(Path.Combine(Folder, "location"));

    public string Version => File.ReadAllText(Path.Combine(Folder, "version"));

    /// <summary>Stands for the virtual disk: the files of the imported archive.</summary>
    public string Root => Path.Combine(Location, "ext4.vhdx");

    /// <summary>Locked, shared, by each wsl.exe that runs something in it.</summary>
    public string Attached => Path.Combine(Folder, "attached");

    /// <summary>Locked while it is being started.</summary>
    public string Starting => Path.Combine(Folder, "starting");

    /// <summary>Locked by its first process.</summary>
    public string Running => Path.Combine(Folder, "running");

    /// <summary>This machine's id of its first process.</summary>
    public string InitId => Path.Combine(Folder, "init");

    /// <summary>Environment of what is run in it, made when it starts.</summary>
    public string Environment => Path.Combine(Folder, "environment");

    /// <summary>A test may say that it is being exported, say.</summary>
    public string State => File.Exists(Path.Combine(Folder, "state")) ? File.ReadAllText(Path.Combine(Folder, "state")).Trim() : FileLock.IsFree(Running) ? "Stopped" : "Running";

    public static IEnumerable<Distribution> All() => Directory.Exists(Settings.State)
        ? Directory.EnumerateDirectories(Settings.State).Where(f => File.Exists(Path.Combine(f, "version"))).Order(StringComparer.Ordinal).Select(f => new Distribution(f))
        : [];

    public static Distribution? TryFind(string name) => All().FirstOrDefault(d => string.Equals(d.Name, name, StringComparison.OrdinalIgnoreCase));

    public static Distribution Find(string name) => TryFind(name) ?? throw WslException.NotFound();

    public static Distribution Register(string name, string location, string version)
    {
        var made = new Distribution(Path.Combine(Settings.State, name));
        Directory.CreateDirectory(made.Folder);
        File.WriteAllText(Path.Combine(made.Folder, "location"), location);
        File.WriteAllText(Path.Combine(made.Folder, "version"), version);
        return made;
    }

    /// <summary>Ends all that runs in it: with its first process goes its PID namespace.</summary>
    public void Terminate()
    {
        if (FileLock.IsFree(Running))
        {
            return;
        }

        _ = Native.kill(int.Parse(File.ReadAllText(InitId), CultureInfo.InvariantCulture), Native.SIGKILL);
        while (!FileLock.IsFree(Running))
        {
            Thread.Sleep(5);
        }
    }

    public void Delete()
    {
        Directory.Delete(Root, recursive: true);
        Directory.Delete(Folder, recursive: true);
    }
}
