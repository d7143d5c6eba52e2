using System.Security.Cryptography;
using AgentSandbox.Copying;
using AgentSandbox.Copying.Archive;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.WindowsChecks.Copying;

/// <summary>What one end writes the other end reads.</summary>
internal static class ArchiveChecks
{
    public static (string, Action<CheckFolder>)[] All { get; } =
    [
        ("archive: random trees arrive as they were", folder =>
        {
            var ground = new Ground(folder);
            for (int seed = 1; seed <= 5; seed++)
            {
                string source = Path.Combine(ground.Destination, "source");
                Directory.CreateDirectory(source);
                Grow(source, new Random(seed), 0);
                byte[] archive = Archive(source);
                Check.Same(0, ground.Extract(archive).Notes.ToList().Count, "notes");
                Check.Same(Snapshot(source), Snapshot(ground.Item), $"the tree of seed {seed}");
                Check.Same(0, ground.Extract(archive).Notes.ToList().Count, "notes when copied over itself");
                Check.Same(Snapshot(source), Snapshot(ground.Item), $"the tree of seed {seed}, again");
                Directory.Delete(source, recursive: true);
                Directory.Delete(ground.Item, recursive: true);
            }
        }),
        ("archive: files of any size arrive as they were", folder =>
        {
            var ground = new Ground(folder);
            string source = Path.Combine(ground.Destination, "source");
            foreach (int size in new[] { 0, 1, 511, 512, 513, 65535, 65536, 1_000_003 })
            {
                byte[] content = RandomNumberGenerator.GetBytes(size);
                File.WriteAllBytes(source, content);
                ground.Extract(Archive(source));
                Check.That(content.AsSpan().SequenceEqual(File.ReadAllBytes(ground.Item)), $"a file of {size} bytes");
            }
        }),
        ("archive: the time of the last change arrives", folder =>
        {
            var ground = new Ground(folder);
            string source = Path.Combine(ground.Destination, "source");
            var time = new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc);
            File.WriteAllText(source, "x");
            File.SetLastWriteTimeUtc(source, time);
            ground.Extract(Archive(source));
            Check.Same(time, File.GetLastWriteTimeUtc(ground.Item), "the time");
        }),
        ("archive: where a copy goes", folder =>
        {
            Directory.CreateDirectory(folder.Sub("there"));
            File.WriteAllText(folder.Sub("file"), "");
            Check.Same(folder.Sub(@"there\own"), Destination(folder.Sub("there")), "an existing folder");
            Check.Same(folder.Sub(@"there\own"), Destination(folder.Sub("there") + @"\"), "an existing folder with a slash");
            Check.Same(folder.Sub("new"), Destination(folder.Sub("new")), "a new name");
            Check.Same(folder.Sub(@"made\own"), Destination(folder.Sub("made") + @"\"), "a folder that is made");
            Check.Same(folder.Sub("file"), Destination(folder.Sub("file")), "an existing file");
            Check.Same(@"C:\own", Destination(@"C:\"), "a drive");
            Check.Throws<AgentSandbox.Copying.Files.NativeIOException>(() => Destination(folder.Sub(@"missing\x")), "a missing folder");
            Check.Throws<AgentSandbox.Copying.Files.NativeIOException>(() => Destination(folder.Sub("file") + @"\"), "a file as a folder");
        }),
    ];

    private static string Destination(string path)
    {
        using CopyDestination destination = CopyDestination.Open(HostFiles.Current, path, "own", followLast: false);
        return destination.Path;
    }

    private static byte[] Archive(string path)
    {
        using SafeFileHandle source = HostFiles.Current.OpenSource(path, followLast: false);
        var archive = new MemoryStream();
        var archiver = new TreeArchiver(HostFiles.Current, archive);
        archiver.Run(source, CancellationToken.None);
        Check.Same(archiver.TotalBytes, archiver.Bytes, "announced bytes");
        Check.Same(0, archiver.Notes.ToList().Count, "notes of the archiver");
        return archive.ToArray();
    }

    private static void Grow(string folder, Random random, int depth)
    {
        for (int i = random.Next(1, 9); i > 0; i--)
        {
            string[] kinds = ["plain", "with space", "n\u00e9w\u00fc\u4e2d\u6587", "-rf", new string('l', 120), "[x]", "\U0001F600", ".hidden"];
            string name = Path.Combine(folder, kinds[random.Next(kinds.Length)] + i.ToString(System.Globalization.CultureInfo.InvariantCulture));
            if (depth >= 3 || random.Next(3) == 0)
            {
                File.WriteAllBytes(@"\\?\" + name, RandomNumberGenerator.GetBytes(random.Next(3000)));
            }
            else
            {
                Directory.CreateDirectory(@"\\?\" + name);
                Grow(name, random, depth + 1);
            }
        }
    }

    private static string Snapshot(string root) => string.Join('\n', new DirectoryInfo(@"\\?\" + root).EnumerateFileSystemInfos("*", SearchOption.AllDirectories)
        .Select(info => $"{info.FullName[(root.Length + 4)..]} {(info is FileInfo file ? Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file.FullName))) : "")}").Order(StringComparer.Ordinal));
}
