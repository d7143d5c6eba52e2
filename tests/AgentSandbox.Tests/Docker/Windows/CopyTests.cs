using System.Formats.Tar;
using System.Text;
using AgentSandbox.Backends.Docker.Windows;

namespace AgentSandbox.Tests.Docker.Windows;

/// <summary>Copies, the same ones while a sandbox runs (its tar.exe) and while it is stopped (the engine).</summary>
public sealed class CopyTests : IAsyncLifetime, IAsyncDisposable
{
    private readonly WindowsSandboxes _windows = new();
    private Sandbox _sandbox = null!;

    public async Task InitializeAsync() => _sandbox = await _windows.CreateAsync();

    async Task IAsyncLifetime.DisposeAsync() => await DisposeAsync();

    public ValueTask DisposeAsync() => _windows.DisposeAsync();

    private StandInWindowsFiles Files => _windows.Container(_sandbox).Files;

    private string Local(string name) => Path.Combine(_windows.Folder, name);

    private async Task StopIfAsync(bool isStopped)
    {
        if (isStopped)
        {
            await _windows.Manager.StopAsync(_sandbox.Id);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_tree_there_and_back(bool isStopped)
    {
        byte[] large = new byte[1_000_000];
        new Random(7).NextBytes(large);
        Directory.CreateDirectory(Local("tree/sub"));
        await File.WriteAllBytesAsync(Local("tree/sub/large"), large);
        await File.WriteAllTextAsync(Local("tree/ä b.txt"), "text");
        await StopIfAsync(isStopped);

        CopyResult there = await _windows.Manager.CopyToAsync(_sandbox.Id, Local("tree"), @"C:\Temp");
        Assert.Equal(@"C:\Temp\tree", there.Destination);
        Assert.Equal(large, Files[@"C:\Temp\tree\sub\large"]);
        Assert.Equal("text"u8.ToArray(), Files[@"C:\Temp\tree\ä b.txt"]);

        CopyResult back = await _windows.Manager.CopyFromAsync(_sandbox.Id, @"c:/temp/Tree", Local("back"));
        Assert.Equal((4, 1_000_004), (back.Entries, back.Bytes));
        Assert.Equal(large, await File.ReadAllBytesAsync(Local("back/sub/large")));
        Assert.Equal("text", await File.ReadAllTextAsync(Local("back/ä b.txt")));
    }

    [Theory]
    [InlineData(false, @"C:\Temp", @"C:\Temp\a.txt")]
    [InlineData(true, @"C:\Temp", @"C:\Temp\a.txt")]
    [InlineData(false, @"C:\", @"C:\a.txt")]
    [InlineData(true, @"C:\", @"C:\a.txt")]
    [InlineData(false, @"C:\Temp\other name", @"C:\Temp\other name")]
    [InlineData(true, @"C:\Temp\other name", @"C:\Temp\other name")]
    [InlineData(false, @"C:\Temp\new\", @"C:\Temp\new\a.txt")]
    [InlineData(true, @"C:\Temp\new\", @"C:\Temp\new\a.txt")]
    public async Task Where_a_file_goes(bool isStopped, string destination, string expected)
    {
        await File.WriteAllTextAsync(Local("a.txt"), "a");
        await StopIfAsync(isStopped);
        Assert.Equal(expected, (await _windows.Manager.CopyToAsync(_sandbox.Id, Local("a.txt"), destination)).Destination);
        Assert.Equal("a"u8.ToArray(), Files[expected]);
    }

    [Theory]
    [InlineData(false, @"C:\none\x", SandboxErrorId.CopyPathNotFound)]
    [InlineData(true, @"C:\none\x", SandboxErrorId.CopyPathNotFound)]
    [InlineData(false, "/tmp/x", SandboxErrorId.CopyPathNotFound)]
    [InlineData(false, @"C:\Temp\..\x", SandboxErrorId.CopyPathNotFound)]
    [InlineData(false, "C:\\Temp\\\"&calc", SandboxErrorId.CopyPathNotFound)]
    public async Task Where_nothing_can_go(bool isStopped, string destination, string error)
    {
        await File.WriteAllTextAsync(Local("a.txt"), "a");
        await StopIfAsync(isStopped);
        Assert.Equal(error, (await Assert.ThrowsAsync<SandboxException>(() => _windows.Manager.CopyToAsync(_sandbox.Id, Local("a.txt"), destination))).ErrorId);
        Assert.Equal(error, (await Assert.ThrowsAsync<SandboxException>(() => _windows.Manager.CopyFromAsync(_sandbox.Id, destination, Local("b")))).ErrorId);
    }

    [Theory]
    [InlineData("../../evil")]
    [InlineData("/evil")]
    [InlineData("other/evil")]
    [InlineData("out/../../evil")]
    public async Task A_hostile_archive_writes_nothing_outside_of_its_destination(string path)
    {
        Files[@"C:\Temp\out"] = null;
        _windows.Engine.Programs[WindowsPrograms.Tar] = async p =>
        {
            using MemoryStream archive = new();
            using (TarWriter writer = new(archive, TarEntryFormat.Pax, leaveOpen: true))
            {
                writer.WriteEntry(new PaxTarEntry(TarEntryType.Directory, "out/"));
                writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, path) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes("evil")) });
            }

            await p.OutAsync(archive.ToArray());
            return 0;
        };
        Directory.CreateDirectory(Local("deep/er"));
        SandboxException refused = await Assert.ThrowsAsync<SandboxException>(() => _windows.Manager.CopyFromAsync(_sandbox.Id, @"C:\Temp\out", Local("deep/er/out")));
        Assert.Equal(SandboxErrorId.CopyRefused, refused.ErrorId);
        Assert.Empty(Directory.EnumerateFiles(_windows.Folder, "evil", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_tar_that_fails_says_why()
    {
        await File.WriteAllTextAsync(Local("a.txt"), "a");
        _windows.Engine.Programs[WindowsPrograms.Tar] = async p =>
        {
            await p.ErrorAsync("a.txt: Can't create: Permission denied");
            return 1;
        };
        SandboxException error = await Assert.ThrowsAsync<SandboxException>(() => _windows.Manager.CopyToAsync(_sandbox.Id, Local("a.txt"), @"C:\Temp"));
        Assert.Equal(SandboxErrorId.CopyFailed, error.ErrorId);
        Assert.Contains("Permission denied", error.Message, StringComparison.Ordinal);
        Files[@"C:\Temp\b"] = [1];
        Assert.Contains("Permission denied", (await Assert.ThrowsAsync<SandboxException>(() => _windows.Manager.CopyFromAsync(_sandbox.Id, @"C:\Temp\b", Local("b")))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_without_tar_copies_while_it_is_stopped()
    {
        await File.WriteAllTextAsync(Local("a.txt"), "a");
        _windows.Engine.Programs.TryRemove(WindowsPrograms.Tar, out _);
        Assert.Equal(SandboxErrorId.CommandNotFound, (await Assert.ThrowsAsync<SandboxException>(() => _windows.Manager.CopyToAsync(_sandbox.Id, Local("a.txt"), @"C:\Temp"))).ErrorId);
        await StopIfAsync(isStopped: true);
        await _windows.Manager.CopyToAsync(_sandbox.Id, Local("a.txt"), @"C:\Temp");
        Assert.True(Files.Exists(@"C:\Temp\a.txt"));
    }

    [Theory]
    [InlineData("@list")]
    [InlineData("-x")]
    public async Task A_name_that_tar_would_take_for_an_option_is_refused(string name)
    {
        Files[$@"C:\Temp\{name}"] = [1];
        Assert.Equal(SandboxErrorId.CopyRefused, (await Assert.ThrowsAsync<SandboxException>(() => _windows.Manager.CopyFromAsync(_sandbox.Id, $@"C:\Temp\{name}", Local("b")))).ErrorId);
    }

    [Fact]
    public async Task A_user_can_t_copy_in_a_sandbox_that_is_stopped()
    {
        await StopIfAsync(isStopped: true);
        Assert.Equal(SandboxErrorId.NotEnforceable, (await Assert.ThrowsAsync<SandboxException>(() => _windows.Manager.CopyFromAsync(_sandbox.Id, @"C:\Temp", Local("b"), "ContainerUser"))).ErrorId);
    }
}
