using System.Net.Sockets;
using AgentSandbox.Isolation;
using AgentSandbox.Isolation.Wsl;

namespace AgentSandbox.IntegrationTests.Isolation;

/// <summary>
/// The probes of WSL where what leads to Windows is imitated: a socket in a folder, a file server that is a Unix socket, a mount of memory in the place of a drive.
/// The code that looks is the real one; that real distributions have these things where it looks is not tested here.
/// </summary>
public sealed class WslProbeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("agentsandbox-wsl-").FullName;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public WslProbeTests()
    {
        // Open to every user: what shall keep a sandbox off is its boundary.
        File.SetUnixFileMode(_folder, (UnixFileMode)0x1ED);
        _listener.Bind(new UnixDomainSocketEndPoint(Path.Combine(_folder, "7_interop")));
        File.SetUnixFileMode(Path.Combine(_folder, "7_interop"), (UnixFileMode)0x1FF);
        _listener.Listen(16);
    }

    private WslSurroundings Wsl => WslSurroundings.OfThisMachine with
    {
        KernelRelease = "6.6.0-microsoft-standard-WSL2",
        InteropFolder = _folder,
        FileServers = [$"vsock:4294967294:1", $"unix:{_folder}/7_interop"],
        DriveServer = $"unix:{_folder}/7_interop",
        DriveMounts = ["no-such-type|C:|", "no-such-type|C:|fd={server}", "tmpfs|C:|size=64k"],
    };

    public void Dispose()
    {
        _listener.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("wsl.interop")]
    [InlineData("wsl.drvfs")]
    [InlineData("wsl.vsock")]
    public async Task Without_a_boundary_Windows_can_be_reached(string id)
    {
        await using RawSandbox sandbox = await RawSandbox.OpenAsync(new SandboxSpecification { Backend = "raw" });
        IsolationResult result = await sandbox.RunAsync(id, Wsl);
        Assert.True(result is { Verdict: IsolationVerdict.Exposed, ObservedBy: IsolationObserver.GuestReport }, $"{result.Verdict}: {result.Evidence}");
        Assert.DoesNotContain(_folder + "/.", await File.ReadAllTextAsync("/proc/self/mountinfo"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Root_in_a_chroot_can_mount_a_drive()
    {
        await using RawSandbox sandbox = await RawSandbox.ChrootAsRootAsync();
        IsolationResult result = await sandbox.RunAsync("wsl.drvfs", Wsl);
        Assert.True(result.Verdict == IsolationVerdict.Exposed, result.Evidence);
    }

    [Theory]
    [InlineData("wsl.interop", IsolationObserver.GuestReport)]
    [InlineData("wsl.drvfs", IsolationObserver.Host)]
    [InlineData("wsl.vsock", IsolationObserver.GuestReport)]
    public async Task Namespaces_and_our_filter_hold(string id, IsolationObserver observedBy)
    {
        await using RawSandbox sandbox = await RawSandbox.BubblewrapAsync();
        IsolationResult result = await sandbox.RunAsync(id, Wsl);
        Assert.True(result.Verdict == IsolationVerdict.Isolated && result.ObservedBy == observedBy, $"{result.Verdict} by {result.ObservedBy}: {result.Evidence}");
    }

    [Fact]
    public async Task A_drive_among_the_payloads_mounts_is_seen_by_the_host()
    {
        await using RawSandbox sandbox = await RawSandbox.BubblewrapAsync(); // has memory at /tmp and /dev
        IsolationResult without = await sandbox.RunAsync("wsl.automount", Wsl);
        Assert.True(without is { Verdict: IsolationVerdict.Isolated, ObservedBy: IsolationObserver.Host }, without.Evidence);

        IsolationResult with = await sandbox.RunAsync("wsl.automount", Wsl with { FileSystemTypes = ["tmpfs"] });
        Assert.True(with is { Verdict: IsolationVerdict.Exposed, ObservedBy: IsolationObserver.Host }, with.Evidence);
        Assert.Contains("/tmp", with.Evidence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(IsolationVerdict.Declared, "/dev/pts/", "devpts")]
    [InlineData(IsolationVerdict.Exposed, "/elsewhere", "devpts")]
    [InlineData(IsolationVerdict.Exposed, "/dev/pts", "devpts", "tmpfs")] // nobody asked for /tmp
    public async Task A_drive_that_was_asked_for_is_declared_and_no_other(IsolationVerdict verdict, string target, params string[] types)
    {
        await using RawSandbox sandbox = await RawSandbox.BubblewrapAsync(new SandboxSpecification { Backend = "raw", Mounts = [new SandboxMount { Source = "/mnt/c", Target = target }] });
        IsolationResult result = await sandbox.RunAsync("wsl.automount", Wsl with { FileSystemTypes = types });
        Assert.True(result.Verdict == verdict, $"{result.Verdict}: {result.Evidence}");
    }

    [Theory]
    [InlineData("wsl.interop")]
    [InlineData("wsl.drvfs")]
    [InlineData("wsl.vsock")]
    public async Task Where_the_distribution_itself_reaches_nothing_the_question_does_not_arise(string id)
    {
        await using RawSandbox sandbox = await RawSandbox.OpenAsync(new SandboxSpecification { Backend = "raw" });
        WslSurroundings cut = Wsl with { InteropFolder = _folder + "/none", FileServers = [$"unix:{_folder}/none"], DriveMounts = ["no-such-type|C:|"] };
        IsolationResult result = await sandbox.RunAsync(id, cut);
        Assert.True(result.Verdict == IsolationVerdict.NotApplicable, $"{result.Verdict}: {result.Evidence}");
    }

    [Theory]
    [InlineData("wsl.interop")]
    [InlineData("wsl.drvfs")]
    [InlineData("wsl.vsock")]
    [InlineData("wsl.automount")]
    public async Task On_another_kernel_the_question_does_not_arise(string id)
    {
        await using RawSandbox sandbox = await RawSandbox.OpenAsync(new SandboxSpecification { Backend = "raw" });
        IsolationResult result = await sandbox.RunAsync(id, Wsl with { KernelRelease = "6.18.0-generic" });
        Assert.True(result.Verdict == IsolationVerdict.NotApplicable, $"{result.Verdict}: {result.Evidence}");
        Assert.Contains("6.18.0-generic", result.Evidence, StringComparison.Ordinal);
    }
}
