using AgentSandbox.Backends.Linux.Local;
using AgentSandbox.State;

namespace AgentSandbox.Backends.Linux.Runtime;

/// <summary>The files and folders of one sandbox.</summary>
internal sealed class SandboxPaths(SandboxHome home, string id)
{
    /// <summary>Folder of its fixed data.</summary>
    public string Data { get; } = home.SandboxData(id);

    /// <summary>Folder of what lives as long as it runs.</summary>
    public string Runtime { get; } = home.SandboxRuntime(id);

    /// <summary>Its own files, as an ext4 image.</summary>
    public string DiskImage => DiskImageIn(Data);

    /// <summary>Its own files, as a folder, where there is no disk limit.</summary>
    public string DiskFolder => DiskFolderIn(Data);

    /// <summary>Its checkpoints, a folder each.</summary>
    public string Checkpoints => Path.Combine(Data, CheckpointsName);

    /// <summary>Where a copy of its files grows; there only while somebody is at one.</summary>
    public string Work => Path.Combine(Data, "work");

    /// <summary>Held by its supervisor.</summary>
    public string SupervisorLock => Path.Combine(Runtime, "supervisor.lock");

    /// <summary>Held by a process that starts, stops or removes it.</summary>
    public string OperationLock => Path.Combine(Data, LocalSandboxes.OperationLockFile);

    /// <summary>Held by the process that made it, when it is a throw-away sandbox.</summary>
    public string OwnerLock => Path.Combine(Data, LocalSandboxes.OwnerLockFile);

    /// <summary>What its supervisor says about it.</summary>
    public string State => Path.Combine(Runtime, "state.json");

    /// <summary>Present when its end was asked for.</summary>
    public string StopRequest => Path.Combine(Runtime, "stop");

    /// <summary>Changed whenever a command starts or ends; locked for as long as one runs.</summary>
    public string Activity => Path.Combine(Runtime, LocalSandboxes.ActivityFile);

    /// <summary>What systemd-nspawn and the guest program say on standard error.</summary>
    public string Log => Path.Combine(Runtime, "launch.log");

    /// <summary>Where a disk that is an image is, in a sandbox's folder or a checkpoint's.</summary>
    public static string DiskImageIn(string folder) => Path.Combine(folder, "disk.img");

    /// <summary>Where a disk that is a folder is; likewise.</summary>
    public static string DiskFolderIn(string folder) => Path.Combine(folder, "disk");

    /// <summary>Name of <see cref="Checkpoints"/> in the sandbox's folder.</summary>
    public const string CheckpointsName = "checkpoints";

    /// <summary>Name of the guest's socket in <see cref="Runtime"/>.</summary>
    public const string SocketName = "guest.sock";

    /// <summary>Where the guest program is in every sandbox.</summary>
    public const string GuestInRoot = "/.agentsandbox/guest";
}
