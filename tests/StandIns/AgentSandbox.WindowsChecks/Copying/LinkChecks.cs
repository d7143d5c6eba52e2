using AgentSandbox.Copying;
using AgentSandbox.Copying.Archive;
using AgentSandbox.Copying.Files;
using AgentSandbox.Tests.Copying;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.WindowsChecks.Copying;

/// <summary>Reparse points that somebody planted in a destination or a source.</summary>
internal static class LinkChecks
{
    public static (string, Action<CheckFolder>)[] All { get; } =
    [
        ("link: a folder that is a junction is not entered", folder =>
        {
            var ground = new Ground(folder);
            Directory.CreateDirectory(ground.Item);
            Junction.Create(Path.Combine(ground.Item, "sub"), ground.CanaryFolder);
            SafeTarExtractor result = ground.Extract(new ArchiveBuilder().Folder("item").Folder("item/sub").File("item/sub/file", "overwritten").File("item/after").Finish());
            Check.Same(2, result.Notes.ToList().Count, "notes");
            Check.That(File.Exists(Path.Combine(ground.Item, "after")), "the file after it");
        }),
        ("link: the item is not made through a junction", folder =>
        {
            var ground = new Ground(folder);
            Junction.Create(ground.Item, ground.CanaryFolder);
            ground.Refused(new ArchiveBuilder().Folder("item").File("item/file", "overwritten").Finish());
        }),
        ("link: a destination that is a junction is refused", folder =>
        {
            var ground = new Ground(folder);
            Junction.Create(ground.Item, ground.CanaryFolder);
            Check.Throws<ArchiveException>(() => CopyDestination.Open(HostFiles.Current, ground.Item, "own", followLast: false).Dispose(), "a destination");
        }),
        ("link: a source is not read through a junction in it", folder =>
        {
            var ground = new Ground(folder);
            Directory.CreateDirectory(ground.Item);
            Junction.Create(Path.Combine(ground.Item, "way"), ground.CanaryFolder);
            using SafeFileHandle source = HostFiles.Current.OpenSource(ground.Item, followLast: false);
            var archive = new MemoryStream();
            var archiver = new TreeArchiver(HostFiles.Current, archive);
            archiver.Run(source, CancellationToken.None);
            Check.Same(1, archiver.Notes.ToList().Count, "notes");
            Check.That(archive.ToArray().AsSpan().IndexOf("untouched"u8) < 0, "the canary is in the archive");
        }),
        ("link: a source that is a junction is refused", folder =>
        {
            var ground = new Ground(folder);
            Junction.Create(ground.Item, ground.CanaryFolder);
            NativeIOException e = Check.Throws<NativeIOException>(() => HostFiles.Current.OpenSource(ground.Item, followLast: false).Dispose(), "a source");
            Check.Same(Errno.Loop, e.Errno, e.Message);
        }),
        ("link: a hard link is replaced, not written through", folder =>
        {
            var ground = new Ground(folder);
            Directory.CreateDirectory(ground.Item);
            Check.That(AgentSandbox.State.HardLink.TryCreate(ground.Canary, Path.Combine(ground.Item, "x")), "a hard link");
            ground.Extract(new ArchiveBuilder().Folder("item").File("item/x", "new").Finish());
            Check.Same("new", File.ReadAllText(Path.Combine(ground.Item, "x")), "the file");
        }),
        ("link: a folder that is open can't be moved away", folder =>
        {
            var ground = new Ground(folder);
            Directory.CreateDirectory(ground.Item);
            using SafeFileHandle open = HostFiles.Current.OpenFolder(ground.Item);
            Check.Throws<IOException>(() => Directory.Move(ground.Item, ground.Item + "-away"), "a move");
        }),
    ];
}
