using System.Globalization;
using System.Security.Cryptography;
using System.Runtime.Versioning;
using AgentSandbox.Copying.Archive;
using AgentSandbox.Copying.Files;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Tests.Copying;

/// <summary>What one end writes the other end reads: random trees arrive as they were.</summary>
[SupportedOSPlatform("linux")]
public sealed class RoundTripTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void A_random_tree_arrives_as_it_was(int seed)
    {
        using Playground ground = new();
        using TempFolder source = new();
        Random random = new(seed);
        Grow(source.Path, random, 0);
        SafeTarExtractor extractor = ground.Extract(Archive(source.Path), ExtractPolicy.IntoSandbox);
        Assert.Empty(extractor.Notes.ToList());
        Assert.Equal(Snapshot(source.Path), Snapshot(ground.Item));
        Assert.Equal(extractor.Bytes, extractor.AnnouncedBytes);
    }

    [Fact]
    public void A_tree_can_be_copied_over_itself()
    {
        using Playground ground = new();
        using TempFolder source = new();
        Grow(source.Path, new Random(7), 0);
        byte[] archive = Archive(source.Path);
        ground.Extract(archive, ExtractPolicy.IntoSandbox);
        Assert.Empty(ground.Extract(archive, ExtractPolicy.IntoSandbox).Notes.ToList());
        Assert.Equal(Snapshot(source.Path), Snapshot(ground.Item));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(511)]
    [InlineData(512)]
    [InlineData(513)]
    [InlineData(65535)]
    [InlineData(65536)]
    [InlineData(1_000_003)]
    public void A_file_of_any_size_arrives_as_it_was(int size)
    {
        using Playground ground = new();
        using TempFolder source = new();
        byte[] content = RandomNumberGenerator.GetBytes(size);
        string file = Path.Combine(source.Path, "f");
        File.WriteAllBytes(file, content);

        // A stream that gives a few bytes at a time, as a connection may.
        ground.Extract([], ExtractPolicy.OutOfSandbox, new Dribble(Archive(file)));
        Assert.Equal(content, File.ReadAllBytes(ground.Item));
    }

    [Fact]
    public void Times_and_permissions_arrive()
    {
        using Playground ground = new();
        using TempFolder source = new();
        string file = Path.Combine(source.Path, "f");
        File.WriteAllText(file, "x");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        File.SetLastWriteTimeUtc(file, new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc));
        ground.Extract(Archive(file));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserExecute, File.GetUnixFileMode(ground.Item));
        Assert.Equal(new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc), File.GetLastWriteTimeUtc(ground.Item));
    }

    [Fact]
    public void What_can_not_be_copied_is_named()
    {
        using TempFolder source = new();
        Assert.True(System.Diagnostics.Process.Start("mkfifo", [Path.Combine(source.Path, "fifo")]).WaitForExit(10_000));
        using SafeFileHandle file = LinuxFile.Open(source.Path, OpenFlags.ReadOnly);
        TreeArchiver archiver = new(LinuxFolderFiles.Instance, new MemoryStream());
        archiver.Run(file, CancellationToken.None);
        Assert.StartsWith("fifo: ", Assert.Single(archiver.Notes.ToList()), StringComparison.Ordinal);
        Assert.Equal(1, archiver.Entries);
    }

    [Fact]
    public void A_source_is_not_read_through_a_link_in_it()
    {
        using Playground ground = new();
        using TempFolder source = new();
        File.CreateSymbolicLink(Path.Combine(source.Path, "way"), ground.CanaryFolder);
        byte[] archive = Archive(source.Path);
        Assert.True(archive.AsSpan().IndexOf("untouched"u8) < 0);
    }

    [Fact]
    public void A_file_that_shrinks_while_it_is_copied_leaves_a_whole_archive_and_a_note()
    {
        using Playground ground = new();
        using TempFolder source = new();
        string path = Path.Combine(source.Path, "f");
        File.WriteAllBytes(path, new byte[1_000_000]);
        MemoryStream archive = new();
        using SafeFileHandle file = LinuxFile.Open(source.Path, OpenFlags.ReadOnly);
        TreeArchiver archiver = new(LinuxFolderFiles.Instance, archive)
        {
            // The folder's entry is reported before its files are opened: the first part of the file is the moment.
            Progress = entry =>
            {
                if (entry.AsSpan().EndsWith("/f"u8))
                {
                    File.WriteAllText(path, "short");
                }
            },
        };
        archiver.Run(file, CancellationToken.None);
        Assert.Single(archiver.Notes.ToList());
        ground.Extract(archive.ToArray());
        Assert.Equal(1_000_000, new FileInfo(Path.Combine(ground.Item, "f")).Length);
    }

    private static byte[] Archive(string path)
    {
        using SafeFileHandle source = LinuxFile.Open(path, OpenFlags.ReadOnly);
        MemoryStream archive = new();
        TreeArchiver archiver = new(LinuxFolderFiles.Instance, archive);
        archiver.Run(source, CancellationToken.None);
        Assert.Equal(archiver.TotalBytes, archiver.Bytes);
        return archive.ToArray();
    }

    private static void Grow(string folder, Random random, int depth)
    {
        for (int i = random.Next(1, 9); i > 0; i--)
        {
            string name = Path.Combine(folder, Name(random, i));
            switch (random.Next(depth < 4 ? 4 : 2))
            {
                case 0:
                    File.WriteAllBytes(name, RandomNumberGenerator.GetBytes(random.Next(3000)));
                    break;
                case 1:
                    File.CreateSymbolicLink(name, random.Next(2) == 0 ? "/absolute/target" : "../" + new string('t', random.Next(1, 200)));
                    break;
                default:
                    Grow(Directory.CreateDirectory(name).FullName, random, depth + 1);
                    break;
            }
        }
    }

    private static string Name(Random random, int number)
    {
        string[] kinds = ["plain", "with space", "néw\u00fc", "-rf", "new\nline", new string('l', 120), "ends.", "*?[x]", "\u202etxt"];
        return kinds[random.Next(kinds.Length)] + number.ToString(CultureInfo.InvariantCulture);
    }

    private static string[] Snapshot(string root) =>
        [.. new DirectoryInfo(root).EnumerateFileSystemInfos("*", SearchOption.AllDirectories).Select(info => $"{Path.GetRelativePath(root, info.FullName)} {info.LinkTarget} " +
            (info is FileInfo { LinkTarget: null } file ? Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file.FullName))) + File.GetUnixFileMode(file.FullName) : "")).Order(StringComparer.Ordinal)];

    private sealed class Dribble(byte[] content) : MemoryStream(content)
    {
        private int _turn;

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, 1 + (++_turn * 7919 % 9000))]);
    }
}

internal sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("agentsandbox-test-").FullName;

    public void Dispose() => SafeDelete.Tree(Path);
}
