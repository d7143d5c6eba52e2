using AgentSandbox.Images;

namespace AgentSandbox.IntegrationTests.Images;

public sealed class CreateImageTests : IDisposable
{
    private readonly ImageTestStore _test = new();

    public void Dispose() => _test.Dispose();

    [Fact]
    public async Task A_folder_becomes_an_image_with_owners_modes_links_and_capabilities()
    {
        string root = _test.MakeRoot();
        SandboxImage image = await _test.Store.CreateFromDirectoryAsync("Mine", root);
        Assert.Equal(("Mine", "Directory", root), (image.Name, image.Kind, image.Source));
        Assert.Equal(ImageTestStore.Listing(root), ImageTestStore.Listing(image.RootPath));
        Assert.False(Path.Exists(Path.Combine(image.RootPath, "var/null")));
        Assert.False(Path.Exists(Path.Combine(image.RootPath, "var/fifo")));
        Assert.True(image.Size > 10_000);
        Assert.Empty(image.HostBinds);
        Assert.Equal(image, _test.Store.Get("mINE") with { HostBinds = image.HostBinds });
        Assert.Equal(["mine"], _test.Entries);
    }

    [Theory]
    [InlineData("tar", "--format=gnu")]
    [InlineData("tar", "--format=posix")]
    [InlineData("tar", "--format=posix --gzip")]
    [InlineData("tar", "--format=posix --xz")]
    [InlineData("tar", "--format=gnu --zstd")]
    [InlineData("tar", "--format=gnu --bzip2")]
    public async Task An_archive_becomes_an_image_whatever_its_name_says(string program, string options)
    {
        string root = _test.MakeRoot();
        string[] attributes = options.Contains("posix", StringComparison.Ordinal) ? ["--xattrs", "--xattrs-include=security.capability"] : [];
        ImageTestStore.Run(program, [.. options.Split(' '), .. attributes, "--numeric-owner", "-C", root, "-cf", _test.PathOf("misleading.zip"), "."]);
        SandboxImage image = await _test.Store.CreateFromArchiveAsync("a", _test.PathOf("misleading.zip"));
        string expected = ImageTestStore.Listing(root);
        Assert.Equal(attributes.Length > 0 ? expected : WithoutCapabilities(expected), ImageTestStore.Listing(image.RootPath));
    }

    [Fact]
    public async Task The_store_is_roots_alone_and_the_root_file_system_can_be_entered()
    {
        SandboxImage image = await _test.Store.CreateFromDirectoryAsync("m", _test.MakeRoot());
        Assert.Equal("700\n", ImageTestStore.Run("stat", "-c", "%a", _test.Home.Images));
        Assert.Equal("755\n", ImageTestStore.Run("stat", "-c", "%a", image.RootPath));
    }

    [Fact]
    public async Task A_single_static_program_is_a_root_file_system()
    {
        string root = Directory.CreateDirectory(_test.PathOf("bare")).FullName;
        File.Copy(Path.Combine(Programs.Folder, "agentsandbox-guest"), Path.Combine(root, "init"));
        Assert.Equal("bare", (await _test.Store.CreateFromDirectoryAsync("bare", root)).Name);
    }

    [Fact]
    public async Task The_machines_own_root_the_store_and_what_is_no_folder_are_refused()
    {
        await _test.Store.CreateFromDirectoryAsync("first", _test.MakeRoot());
        Directory.CreateDirectory(_test.PathOf("empty"));
        File.CreateSymbolicLink(_test.PathOf("way"), "/");
        foreach (string folder in new[] { "/", "/usr/..", _test.PathOf("way"), _test.Work, _test.Home.Images, _test.PathOf("nosuch"), "/etc/passwd", _test.PathOf("empty") })
        {
            SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => _test.Store.CreateFromDirectoryAsync("x", folder));
            Assert.Equal((folder, SandboxErrorId.InvalidImage), (folder, e.ErrorId));
        }

        Assert.Equal(["first"], _test.Entries);
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("a;b")]
    [InlineData("line\nbreak")]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("-x")]
    public async Task A_hostile_name_is_refused(string name)
    {
        Assert.Equal(SandboxErrorId.InvalidName, (await Assert.ThrowsAsync<SandboxException>(() => _test.Store.CreateFromDirectoryAsync(name, "/usr"))).ErrorId);
        Assert.Equal(SandboxErrorId.ImageNotFound, Assert.Throws<SandboxException>(() => _test.Store.Get(name)).ErrorId);
        Assert.Equal(SandboxErrorId.ImageNotFound, Assert.Throws<SandboxException>(() => _test.Store.Remove(name)).ErrorId);
        Assert.Empty(_test.Entries);
    }

    [Theory]
    [InlineData("host")]
    [InlineData("HOST")]
    public async Task The_built_in_name_is_taken(string name)
    {
        Assert.Equal(SandboxErrorId.ImageInUse, (await Assert.ThrowsAsync<SandboxException>(() => _test.Store.CreateFromDirectoryAsync(name, "/usr"))).ErrorId);
        Assert.Equal(SandboxErrorId.InvalidImage, Assert.Throws<SandboxException>(() => _test.Store.Remove(name)).ErrorId);
    }

    [Fact]
    public async Task Of_many_that_make_one_name_at_once_one_wins_and_the_others_leave_nothing()
    {
        string root = _test.MakeRoot();
        Task<SandboxImage>[] attempts = [.. Enumerable.Range(0, 8).Select(i => Task.Run(() => new ImageStore(_test.Home).CreateFromDirectoryAsync(i % 2 == 0 ? "twin" : "TWIN", root)))];
        await Task.WhenAll(attempts.Select(a => a.ContinueWith(_ => { }, TaskScheduler.Default)));
        _ = Assert.Single(attempts, a => a.IsCompletedSuccessfully);
        Assert.All(attempts.Where(a => a.IsFaulted), a => Assert.Equal(SandboxErrorId.ImageInUse, Assert.IsType<SandboxException>(a.Exception!.InnerException).ErrorId));
        Assert.Equal(["twin"], _test.Entries);
    }

    [Fact]
    public async Task Cancelling_leaves_nothing()
    {
        using CancellationTokenSource cancel = new();
        CancelOnReport report = new(cancel);
        string root = _test.MakeRoot();
        ImageTestStore.Run("truncate", "-s", "2G", Path.Combine(root, "large"));
        Task<SandboxImage> making = _test.Store.CreateFromDirectoryAsync("x", root, report, cancel.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => making);
        Assert.Empty(_test.Entries);
    }

    [Fact]
    public async Task What_a_killed_builder_left_is_swept_and_what_a_living_one_makes_is_not()
    {
        Directory.CreateDirectory(_test.Home.Images);
        string dead = Directory.CreateDirectory(Path.Combine(_test.Home.Images, ".a.b.4194304.12.abcdef.tmp/rootfs")).Parent!.FullName;
        string reused = Directory.CreateDirectory(Path.Combine(_test.Home.Images, $".a.{Environment.ProcessId}.1.abcdef.tmp/rootfs")).Parent!.FullName;
        string start = File.ReadAllText("/proc/self/stat").Split(' ')[21];
        string living = Directory.CreateDirectory(Path.Combine(_test.Home.Images, $".a.{Environment.ProcessId}.{start}.abcdef.tmp/rootfs")).Parent!.FullName;
        await _test.Store.CreateFromDirectoryAsync("x", _test.MakeRoot());
        Assert.False(Path.Exists(dead));
        Assert.False(Path.Exists(reused));
        Assert.True(Path.Exists(living));
    }

    [Fact]
    public async Task An_image_is_removed_unless_a_sandbox_uses_it()
    {
        await _test.Store.CreateFromDirectoryAsync("Mine", _test.MakeRoot());
        string record = Path.Combine(_test.Home.SandboxData("0123456789ab"), "sandbox.json");
        Directory.CreateDirectory(Path.GetDirectoryName(record)!);
        File.WriteAllText(record, """{"id":"0123456789ab","specification":{"backend":"Nspawn","image":"mine"}}""");
        Assert.Equal(SandboxErrorId.ImageInUse, Assert.Throws<SandboxException>(() => _test.Store.Remove("MINE")).ErrorId);
        File.WriteAllText(record, "damaged");
        Assert.Equal(SandboxErrorId.ImageInUse, Assert.Throws<SandboxException>(() => _test.Store.Remove("mine")).ErrorId);
        File.WriteAllText(record, """{"id":"0123456789ab","specification":{"backend":"Nspawn"}}""");
        _test.Store.Remove("mine");
        Assert.Empty(_test.Entries);
        Assert.Equal(SandboxErrorId.ImageNotFound, Assert.Throws<SandboxException>(() => _test.Store.Get("mine")).ErrorId);
        Assert.Equal(SandboxErrorId.ImageNotFound, Assert.Throws<SandboxException>(() => _test.Store.Remove("mine")).ErrorId);
    }

    [Fact]
    public async Task Removing_an_image_does_not_follow_its_links()
    {
        string root = _test.MakeRoot();
        string outside = Directory.CreateDirectory(_test.PathOf("outside")).FullName;
        File.WriteAllText(Path.Combine(outside, "kept"), "");
        File.CreateSymbolicLink(Path.Combine(root, "way"), outside);
        await _test.Store.CreateFromDirectoryAsync("x", root);
        _test.Store.Remove("x");
        Assert.True(File.Exists(Path.Combine(outside, "kept")));
    }

    [Fact]
    public async Task Removing_an_image_with_a_mount_in_it_does_not_empty_what_is_mounted()
    {
        SandboxImage image = await _test.Store.CreateFromDirectoryAsync("x", _test.MakeRoot());
        string outside = Directory.CreateDirectory(_test.PathOf("outside")).FullName;
        File.WriteAllText(Path.Combine(outside, "kept"), "");
        ImageTestStore.Run("mount", "--bind", outside, Path.Combine(image.RootPath, "etc"));
        string[] mounts = [];
        try
        {
            Assert.Equal(SandboxErrorId.StateFailed, Assert.Throws<SandboxException>(() => _test.Store.Remove("x")).ErrorId);
            Assert.True(File.Exists(Path.Combine(outside, "kept")));
        }
        finally
        {
            // The folder was renamed before it was to be deleted: the mount has moved with it.
            mounts = [.. File.ReadLines("/proc/self/mounts").Select(l => l.Split(' ')[1]).Where(m => m.StartsWith(_test.Work, StringComparison.Ordinal))];
            foreach (string mount in mounts)
            {
                ImageTestStore.Run("umount", mount);
            }
        }

        Assert.Single(mounts);
    }

    [Fact]
    public async Task The_list_has_all_by_name_and_the_built_in_one()
    {
        string root = _test.MakeRoot();
        await _test.Store.CreateFromDirectoryAsync("zeta", root);
        await _test.Store.CreateFromDirectoryAsync("Alpha", root);
        Assert.Equal(["Alpha", "host", "zeta"], _test.Store.List().Select(i => i.Name));
    }

    [Theory]
    [InlineData("size=300m")]
    [InlineData("size=1g,nr_inodes=20")]
    public async Task A_full_disk_is_its_own_error_and_leaves_nothing(string options)
    {
        string disk = Directory.CreateDirectory(_test.PathOf("disk")).FullName;
        ImageTestStore.Run("mount", "-t", "tmpfs", "-o", options, "tmpfs", disk);
        try
        {
            string root = _test.MakeRoot();
            ImageTestStore.Run("truncate", "-s", "400M", Path.Combine(root, "large"));
            ImageStore store = new(new State.SandboxHome(disk));
            Assert.Equal(SandboxErrorId.DiskFull, (await Assert.ThrowsAsync<SandboxException>(() => store.CreateFromDirectoryAsync("x", root))).ErrorId);
            Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(disk, "lib/images")));
        }
        finally
        {
            ImageTestStore.Run("umount", disk);
        }
    }

    private static string WithoutCapabilities(string listing) => string.Join('\n', listing.Split('\n').Where(l => !l.Contains("cap_net_raw", StringComparison.Ordinal)));

    private sealed class CancelOnReport(CancellationTokenSource cancel) : IProgress<SandboxProgress>
    {
        public void Report(SandboxProgress value) => cancel.Cancel();
    }
}
