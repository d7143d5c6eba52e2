using System.Formats.Tar;
using System.IO.Compression;
using System.Text;

namespace AgentSandbox.IntegrationTests.Images;

/// <summary>An image's archive comes from anywhere and is unpacked by root: nothing outside the image may change, and nothing may be left.</summary>
public sealed class HostileArchiveImageTests : IDisposable
{
    private readonly ImageTestStore _test = new();
    private readonly string _canary;

    public HostileArchiveImageTests()
    {
        _canary = _test.PathOf("canary");
        File.WriteAllText(_canary, "untouched");
    }

    public void Dispose() => _test.Dispose();

    [Fact]
    public Task A_path_with_dots() => RefusedAsync(w => w.WriteEntry(Content("../../../../../canary")));

    [Fact]
    public Task A_file_through_a_link() => RefusedAsync(w =>
    {
        w.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "way") { LinkName = _test.Work });
        w.WriteEntry(Content("way/canary"));
    });

    [Fact]
    public Task A_hard_link_to_a_file_of_the_host() => RefusedAsync(w =>
    {
        w.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "way") { LinkName = _test.Work });
        w.WriteEntry(new PaxTarEntry(TarEntryType.HardLink, "hard") { LinkName = "way/canary" });
        w.WriteEntry(Content("hard"));
    });

    [Fact]
    public Task A_hard_link_by_absolute_path() => RefusedAsync(w => w.WriteEntry(new PaxTarEntry(TarEntryType.HardLink, "hard") { LinkName = _canary }));

    [Fact]
    public Task An_owner_that_means_no_change_to_chown() => RefusedAsync(w => w.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "x", [new("xid", "4294967295")])), raw: archive =>
    {
        // The writer does not write an owner of one's own making; content has no checksum.
        "uid="u8.CopyTo(archive.AsSpan(archive.AsSpan().IndexOf("xid="u8)));
        return archive;
    });

    [Fact]
    public async Task An_absolute_path_is_taken_below_the_root()
    {
        SandboxImage image = await CreateAsync(w => w.WriteEntry(Content("/etc/agentsandbox-was-here")));
        Assert.True(File.Exists(Path.Combine(image.RootPath, "etc/agentsandbox-was-here")));
        Assert.False(File.Exists("/etc/agentsandbox-was-here"));
    }

    [Fact]
    public async Task A_link_that_leads_out_is_kept_as_a_link()
    {
        SandboxImage image = await CreateAsync(w => w.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "etc/x") { LinkName = "../../../../../../etc/shadow" }));
        Assert.Equal("../../../../../../etc/shadow", new FileInfo(Path.Combine(image.RootPath, "etc/x")).LinkTarget);
    }

    [Fact]
    public Task Truncated() => RefusedAsync(w => w.WriteEntry(Content("x")), raw: archive => archive[..1000]);

    [Fact]
    public Task Truncated_gzip() => RefusedAsync(w => w.WriteEntry(Content("x")), raw: archive => Gzip(archive)[..^40]);

    [Fact]
    public Task Corrupt_gzip() => RefusedAsync(w => w.WriteEntry(Content("x")), raw: archive =>
    {
        byte[] compressed = Gzip(archive);
        compressed[compressed.Length / 2] ^= 0x55;
        return compressed;
    });

    [Fact]
    public Task Truncated_xz() => RefusedAsync(w => w.WriteEntry(Content("x")), raw: archive => Through("xz", archive)[..^30]);

    [Fact]
    public Task Truncated_zstd() => RefusedAsync(w => w.WriteEntry(Content("x")), raw: archive => Through("zstd", archive)[..^10]);

    [Fact]
    public Task Empty() => RefusedAsync(_ => { }, raw: _ => []);

    [Fact]
    public Task Without_entries() => RefusedAsync(_ => { });

    [Fact]
    public Task No_archive() => RefusedAsync(_ => { }, raw: _ => Encoding.ASCII.GetBytes(new string('#', 5000)));

    [Fact]
    public async Task Layers_of_docker_save_are_told_from_a_file_system()
    {
        SandboxException e = await RefusedAsync(w =>
        {
            w.WriteEntry(Content("manifest.json"));
            w.WriteEntry(Content("blobs/sha256/abc"));
        });
        Assert.Contains("docker export", e.RecommendedAction, StringComparison.Ordinal);
    }

    private static PaxTarEntry Content(string path) => new(TarEntryType.RegularFile, path) { DataStream = new MemoryStream(Encoding.ASCII.GetBytes("overwritten")) };

    private static byte[] Gzip(byte[] data)
    {
        MemoryStream result = new();
        using (GZipStream gzip = new(result, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(data);
        }

        return result.ToArray();
    }

    private byte[] Through(string program, byte[] data)
    {
        string path = _test.PathOf("plain");
        File.WriteAllBytes(path, data);
        ImageTestStore.Run("bash", "-c", $"{program} -c \"$0\" > \"$0.out\"", path);
        return File.ReadAllBytes(path + ".out");
    }

    private async Task<SandboxImage> CreateAsync(Action<TarWriter> write, Func<byte[], byte[]>? raw = null)
    {
        MemoryStream stream = new();
        using (TarWriter writer = new(stream, TarEntryFormat.Pax, leaveOpen: true))
        {
            write(writer);
        }

        byte[] archive = stream.ToArray();
        File.WriteAllBytes(_test.PathOf("archive"), raw?.Invoke(archive) ?? archive);
        return await _test.Store.CreateFromArchiveAsync("x", _test.PathOf("archive"));
    }

    private async Task<SandboxException> RefusedAsync(Action<TarWriter> write, Func<byte[], byte[]>? raw = null)
    {
        SandboxException e = await Assert.ThrowsAsync<SandboxException>(() => CreateAsync(write, raw));
        Assert.Equal(SandboxErrorId.InvalidImage, e.ErrorId);
        Assert.Empty(_test.Entries);
        Assert.Equal("untouched", File.ReadAllText(_canary));
        return e;
    }
}
