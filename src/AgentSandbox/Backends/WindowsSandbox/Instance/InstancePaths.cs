using AgentSandbox.Backends.WindowsSandbox.Configuration;
using AgentSandbox.State;

namespace AgentSandbox.Backends.WindowsSandbox.Instance;

/// <summary>The files and folders of one sandbox.</summary>
/// <param name="home">This backend's own state folder.</param>
/// <param name="id">The sandbox.</param>
internal sealed class InstancePaths(SandboxHome home, string id)
{
    /// <summary>Folder of all there is of it.</summary>
    public string Data { get; } = home.SandboxData(id);

    /// <summary>What proves that its instance is ours.</summary>
    public string State => Path.Combine(Data, "instance.json");

    /// <summary>Held by its keeper.</summary>
    public string KeeperLock => Path.Combine(Data, "keeper.lock");

    /// <summary>Held by the process that made it, when it is a throw-away sandbox.</summary>
    public string OwnerLock => Path.Combine(Data, "owner.lock");

    /// <summary>Held by a process that removes it.</summary>
    public string OperationLock => Path.Combine(Data, "operation.lock");

    /// <summary>Present when its end was asked for.</summary>
    public string StopRequest => Path.Combine(Data, "stop");

    /// <summary>The older way's configuration file.</summary>
    public string ConfigurationFile => Path.Combine(Data, "sandbox.wsb");

    /// <summary>Folder of the mapped ones; nothing else of the sandbox is in it.</summary>
    public string Share => Path.Combine(Data, "share");

    /// <summary>The guest program; read-only inside.</summary>
    public string Program => Path.Combine(Share, "program");

    /// <summary>What the host writes; read-only inside.</summary>
    public string Down => Path.Combine(Share, "down");

    /// <summary>What the guest writes: hostile.</summary>
    public string Up => Path.Combine(Share, "up");

    /// <summary>Our own folders, as they are mapped.</summary>
    public IReadOnlyList<MappedFolder> Mapped =>
    [
        new(Program, ConfigurationRules.OwnFolder + @"\program", ReadOnly: true),
        new(Down, ConfigurationRules.OwnFolder + @"\down", ReadOnly: true),
        new(Up, ConfigurationRules.OwnFolder + @"\up", ReadOnly: false),
    ];

    /// <summary>Starts the guest inside.</summary>
    public const string GuestCommand = ConfigurationRules.OwnFolder + @"\program\agentsandbox-guest.exe serve --down " + ConfigurationRules.OwnFolder + @"\down --up " + ConfigurationRules.OwnFolder + @"\up";
}
