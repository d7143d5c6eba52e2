using AgentSandbox.Copying.Archive;
using AgentSandbox.Tests.Copying;

namespace AgentSandbox.WindowsChecks.Copying;

/// <summary>The attacks of HostileArchiveTests that mean something on Windows, and those that only Windows knows.</summary>
internal static class ExtractChecks
{
    private static readonly string[] s_wayOut =
    [
        "../canary/file", "item/../../canary/file", "item/..", "/etc/x", "//item/x", "./item/x", "item//x", "item/./x", "other/x", "", ".", "..",
        @"item\..\..\canary\file", @"item/..\..\canary\file", @"item/C:\x", "C:/x", "item/C:x", @"item/\x", @"item/\\?\C:\x", @"item/\??\C:\x",
    ];

    private static readonly string[] s_names =
    [
        "con", "CON", "nul", "NUL.txt", "aux.tar.gz", "prn ", "com1", "COM9.log", "lpt1", "CONIN$", "COM\u00c2\u00b9", "a:b", "a::$DATA", "a:$i30:$INDEX_ALLOCATION", "x.", "x ", "x. .", "a<b", "a>b", "a|b", "a?b",
        "a*b", "a\"b", "a\u0001b", "a\nb", "a\\b", "bad\u00ff",
    ];

    public static (string, Action<CheckFolder>)[] All { get; } =
    [
        ("extract: a path that leads out is refused", folder =>
        {
            var ground = new Ground(folder);
            foreach (string path in s_wayOut)
            {
                ground.Refused(new ArchiveBuilder().Folder("item").File(path).Finish());
            }
        }),
        ("extract: names that Windows makes something else of are refused", folder =>
        {
            var ground = new Ground(folder);
            foreach (string name in s_names)
            {
                ground.Refused(new ArchiveBuilder().Folder("item").File($"item/{name}").Finish());
                ground.Refused(new ArchiveBuilder().Folder("item").Folder($"item/{name}").Finish());
                ground.Refused(new ArchiveBuilder().Folder("item").File($"item/{name}/x").Finish());
            }
        }),
        ("extract: two names that differ in case only are refused", folder =>
        {
            var ground = new Ground(folder);
            ground.Refused(new ArchiveBuilder().Folder("item").File("item/Makefile", "first").File("item/makefile", "second").Finish());
            Check.Same("first", File.ReadAllText(Path.Combine(ground.Item, "Makefile")), "the first file");
            ground.Refused(new ArchiveBuilder().Folder("item").Folder("item/Sub").Folder("item/sub").Finish());
            ground.Refused(new ArchiveBuilder().Folder("item").Folder("item/Way").File("item/way/x").Finish());
        }),
        ("extract: a short name does not stand for a long one", folder =>
        {
            var ground = new Ground(folder);
            Directory.CreateDirectory(Path.Combine(ground.Item, "a folder with a long name"));
            try
            {
                ground.Extract(new ArchiveBuilder().Folder("item").Folder("item/AFOLDE~1").File("item/AFOLDE~1/x").Finish());
                Check.That(Directory.Exists(Path.Combine(ground.Item, "AFOLDE~1")), "the folder AFOLDE~1");
            }
            catch (ArchiveException e) when (e.Fault == ArchiveFault.Refused)
            {
                // A volume with short names.
            }

            Check.Same(0, Directory.GetFileSystemEntries(Path.Combine(ground.Item, "a folder with a long name")).Length, "files in the long folder");
        }),
        ("extract: links, hard links and devices are left out with notes", folder =>
        {
            var ground = new Ground(folder);
            SafeTarExtractor result = ground.Extract(new ArchiveBuilder().Folder("item").Link("item/l", "x").Link("item/m", "../../canary").HardLink("item/h", "item/x").Entry('3', "item/c").Entry('6', "item/f").File("item/x").Finish());
            Check.Same(5, result.Notes.ToList().Count, "notes");
            Check.Same(1, Directory.GetFileSystemEntries(ground.Item).Length, "entries");
        }),
        ("extract: a file is not written through a link of its own archive", folder =>
        {
            var ground = new Ground(folder);
            ground.Refused(new ArchiveBuilder().Folder("item").Link("item/way", "../../canary").File("item/way/file", "overwritten").Finish());
        }),
        ("extract: two entries of one name leave the last", folder =>
        {
            var ground = new Ground(folder);
            ground.Extract(new ArchiveBuilder().Folder("item").File("item/x", "first").File("item/x", "second").Finish());
            Check.Same("second", File.ReadAllText(Path.Combine(ground.Item, "x")), "the file");
        }),
        ("extract: a folder in the way of a file is a note", folder =>
        {
            var ground = new Ground(folder);
            Directory.CreateDirectory(Path.Combine(ground.Item, "x", "inner"));
            SafeTarExtractor result = ground.Extract(new ArchiveBuilder().Folder("item").File("item/x").File("item/z").Finish());
            Check.Same(1, result.Notes.ToList().Count, "notes");
            Check.That(File.Exists(Path.Combine(ground.Item, "z")), "the file after it");
        }),
        ("extract: a file in the way of a folder is a note", folder =>
        {
            var ground = new Ground(folder);
            SafeTarExtractor result = ground.Extract(new ArchiveBuilder().Folder("item").File("item/x", "kept").Folder("item/x").File("item/x/y").File("item/z").Finish());
            Check.Same(2, result.Notes.ToList().Count, "notes");
            Check.Same("kept", File.ReadAllText(Path.Combine(ground.Item, "x")), "the file");
        }),
        ("extract: limits hold", folder =>
        {
            var ground = new Ground(folder);
            byte[] archive = new ArchiveBuilder().Folder("item").File("item/a", new string('a', 600)).File("item/b", new string('b', 600)).Finish();
            ground.Refused(archive, ArchiveFault.TooLarge, ExtractPolicy.OutOfSandbox with { MaxBytes = 1199 });
            Check.That(!File.Exists(Path.Combine(ground.Item, "b")), "the second file was not written");
            ground.Refused(archive, policy: ExtractPolicy.OutOfSandbox with { MaxEntries = 2 });
            ground.Extract(archive, ExtractPolicy.OutOfSandbox with { MaxBytes = 1200, MaxEntries = 3 });
        }),
        ("extract: a cut archive is damaged", folder =>
        {
            var ground = new Ground(folder);
            ground.Refused(new ArchiveBuilder().Folder("item").File("item/x").Unfinished(), ArchiveFault.Damaged);
        }),
        ("extract: paths longer than 260 characters are made", folder =>
        {
            var ground = new Ground(folder);
            var builder = new ArchiveBuilder().Folder("item");
            string path = "item";
            for (int i = 0; i < 12; i++)
            {
                path += "/" + new string((char)('a' + i), 60);
                builder.Pax(("path", path)).Folder("x");
            }

            ground.Extract(builder.Pax(("path", path + "/file")).File("x", "deep").Finish());
            Check.Same("deep", File.ReadAllText(@"\\?\" + Path.Combine(ground.Item, path["item/".Length..].Replace('/', '\\'), "file")), "the deep file");
        }),
    ];
}
