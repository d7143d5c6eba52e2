namespace AgentSandbox.Isolation.Wsl;

/// <summary>
/// What leads from a distribution of WSL into Windows, and where it is. Read in Microsoft's source of WSL (August 2026); none of it was tried on a real
/// Windows by this project.
/// </summary>
internal sealed record WslSurroundings
{
    /// <summary>This machine, as it is.</summary>
    public static WslSurroundings OfThisMachine { get; } = new()
    {
        KernelRelease = Read("/proc/sys/kernel/osrelease"),
        Registration = Read("/proc/sys/fs/binfmt_misc/WSLInterop"),
        Configuration = WslConfiguration.Parse(Read("/etc/wsl.conf")),
    };

    /// <summary>The kernel's release, such as <c>6.6.87.2-microsoft-standard-WSL2</c>.</summary>
    public required string KernelRelease { get; init; }

    /// <summary>What binfmt_misc says of Windows programs; empty when it says nothing, or is not mounted.</summary>
    public required string Registration { get; init; }

    /// <summary>The distribution's settings.</summary>
    public required WslConfiguration Configuration { get; init; }

    /// <summary>Folder of the sockets by which Linux asks Windows to start a program.</summary>
    public string InteropFolder { get; init; } = "/run/WSL";

    /// <summary>
    /// Windows' file servers, by which drives are mounted. Nothing is said to them. Port 50000 of the same machine is left alone: there WSL's service
    /// waits for the parts of a virtual machine that starts, and might take a stranger for one.
    /// </summary>
    public IReadOnlyList<string> FileServers { get; init; } = ["vsock:2:50001", "vsock:2:50002", "vsock:2:50003"];

    /// <summary>Ways to mount drive C, read-only: file system type, source, options. <c>{server}</c> is a descriptor that is connected to the drives' file server.</summary>
    public IReadOnlyList<string> DriveMounts { get; init; } =
    [
        @"9p|C:|trans=fd,rfdno={server},wfdno={server},msize=65536,version=9p2000.L,cache=mmap,aname=drvfs;path=C:\",
        @"9p|drvfs|trans=virtio,msize=65536,version=9p2000.L,cache=mmap,aname=drvfs;path=C:\",
        "virtiofs|drvfs|",
    ];

    /// <summary>Types of file system with which WSL mounts Windows' files; drvfs is WSL 1's.</summary>
    public IReadOnlyList<string> FileSystemTypes { get; init; } = ["9p", "virtiofs", "drvfs"];

    /// <summary>The file server of the drives.</summary>
    public string DriveServer { get; init; } = "vsock:2:50002";

    /// <summary>Whether the kernel is WSL's. A sandbox can't change what the host reads there.</summary>
    public bool IsWsl => KernelRelease.Contains("microsoft", StringComparison.OrdinalIgnoreCase);

    /// <summary>Why questions about Windows do not arise here; null when they do.</summary>
    public string? WhyNot => IsWsl ? null : $"This machine's kernel ({KernelRelease}) is not WSL's: there is no Windows around it.";

    private static string Read(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllText(path).Trim() : "";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return ""; // As for "not there": these texts are evidence, and IsWsl's file can be read by everyone on every Linux.
        }
    }
}
