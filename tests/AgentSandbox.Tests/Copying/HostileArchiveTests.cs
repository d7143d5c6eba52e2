using System.Runtime.Versioning;
using AgentSandbox.Copying.Archive;

namespace AgentSandbox.Tests.Copying;

/// <summary>A copy out of a sandbox is an archive that the sandbox wrote. Each test is one attack.</summary>
[SupportedOSPlatform("linux")]
public sealed class HostileArchiveTests : IDisposable
{
    private readonly Playground _ground = new();

    public void Dispose() => _ground.Dispose();

    [Theory]
    [InlineData("../canary/file")]
    [InlineData("item/../../canary/file")]
    [InlineData("item/..")]
    [InlineData("/etc/agentsandbox-was-here")]
    [InlineData("//item/x")]
    [InlineData("./item/x")]
    [InlineData("item//x")]
    [InlineData("item/./x")]
    [InlineData("other/x")]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    public void A_path_that_is_not_plainly_below_the_item_is_refused(string path) =>
        _ground.ExpectFault(ArchiveFault.Refused, new ArchiveBuilder().Folder("item").File(path).Finish());

    [Fact]
    public void A_long_path_in_an_extended_header_is_checked_as_well() =>
        _ground.ExpectFault(ArchiveFault.Refused, new ArchiveBuilder().Folder("item").Pax(("path", "item/../../canary/file")).File("item/harmless").Finish());

    [Fact]
    public void A_long_path_in_GNUs_form_is_checked_as_well() =>
        _ground.ExpectFault(ArchiveFault.Refused, new ArchiveBuilder().Folder("item").Entry('L', "././@LongLink", "../canary/file\0"u8.ToArray()).File("item/harmless").Finish());

    [Fact]
    public void A_NUL_in_a_path_is_refused() =>
        _ground.ExpectFault(ArchiveFault.Refused, new ArchiveBuilder().Folder("item").Pax(("path", "item/a\0/../../canary")).File("item/harmless").Finish());

    [Fact]
    public void A_name_or_path_that_is_too_long_is_refused()
    {
        _ground.ExpectFault(ArchiveFault.Refused, new ArchiveBuilder().Folder("item").Pax(("path", "item/" + new string('n', 256))).File("x").Finish());
        _ground.ExpectFault(ArchiveFault.Refused, new ArchiveBuilder().Folder("item").Pax(("path", "item/" + string.Concat(Enumerable.Repeat("dir/", 1100)))).File("x").Finish());
    }

    [Fact]
    public void Nesting_without_end_is_refused() =>
        _ground.ExpectFault(ArchiveFault.Refused, new ArchiveBuilder().Folder("item").Pax(("path", "item" + string.Concat(Enumerable.Repeat("/d", 300)))).Folder("x").Finish());

    [Fact]
    public void A_file_is_not_written_through_a_link_of_the_same_archive()
    {
        byte[] archive = new ArchiveBuilder().Folder("item").Link("item/way", _ground.CanaryFolder).File("item/way/file", "overwritten").Finish();
        _ground.ExpectFault(ArchiveFault.Refused, archive);
    }

    [Fact]
    public void A_file_is_not_written_through_an_inner_link_of_the_same_archive()
    {
        // The link itself is allowed; that anything goes through it is not.
        byte[] archive = new ArchiveBuilder().Folder("item").Folder("item/real").Link("item/way", "real").File("item/way/file").Finish();
        _ground.ExpectFault(ArchiveFault.Refused, archive);
        Assert.False(File.Exists(Path.Combine(_ground.Item, "real/file")));
    }

    [Fact]
    public void A_file_then_a_link_of_its_name_then_a_file_through_it()
    {
        byte[] archive = new ArchiveBuilder().Folder("item").File("item/x", "first").Link("item/x", "../../canary/file").File("item/x", "second").Finish();
        SafeTarExtractor result = _ground.Extract(archive);
        Assert.Equal("second", File.ReadAllText(Path.Combine(_ground.Item, "x")));
        Assert.Null(new FileInfo(Path.Combine(_ground.Item, "x")).LinkTarget);
        Assert.Single(result.Notes.ToList());
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("..")]
    [InlineData("../x")]
    [InlineData("../../canary/file")]
    [InlineData("a/../../x")]
    [InlineData("a/../b")]
    [InlineData("s/s/s/../..")]
    public void A_link_that_leads_out_or_could_is_left_out_with_a_note(string target)
    {
        SafeTarExtractor result = _ground.Extract(new ArchiveBuilder().Folder("item").Link("item/s", ".").Link("item/way", target).Finish());
        Assert.Equal(["s"], Directory.EnumerateFileSystemEntries(_ground.Item).Select(Path.GetFileName));
        Assert.Contains("way", Assert.Single(result.Notes.ToList()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("b")]
    [InlineData("b/c")]
    [InlineData("../b")]
    [InlineData("./b")]
    [InlineData("dangling")]
    public void A_link_that_stays_inside_is_made(string target)
    {
        SafeTarExtractor result = _ground.Extract(new ArchiveBuilder().Folder("item").Folder("item/a").Link("item/a/way", target).Finish());
        Assert.Equal(target, new FileInfo(Path.Combine(_ground.Item, "a/way")).LinkTarget);
        Assert.Empty(result.Notes.ToList());
    }

    [Fact]
    public void The_item_itself_is_never_a_link()
    {
        _ground.Extract(new ArchiveBuilder().Link("item", "neighbour").Finish());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_ground.Destination));
    }

    [Fact]
    public void A_hard_link_to_anything_is_left_out()
    {
        SafeTarExtractor result = _ground.Extract(new ArchiveBuilder().Folder("item").HardLink("item/h", _ground.Canary).HardLink("item/g", "item/h").Finish());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_ground.Item));
        Assert.Equal(2, result.Notes.ToList().Count);
    }

    [Fact]
    public void Devices_and_FIFOs_are_left_out()
    {
        SafeTarExtractor result = _ground.Extract(new ArchiveBuilder().Folder("item").Entry('3', "item/c").Entry('4', "item/b").Entry('6', "item/f").Finish());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_ground.Item));
        Assert.Equal(3, result.Notes.ToList().Count);
    }

    [Fact]
    public void A_link_that_was_planted_in_the_destination_is_not_followed_to_a_folder()
    {
        Directory.CreateDirectory(_ground.Item);
        File.CreateSymbolicLink(Path.Combine(_ground.Item, "sub"), _ground.CanaryFolder);
        SafeTarExtractor result = _ground.Extract(new ArchiveBuilder().Folder("item").Folder("item/sub").File("item/sub/file", "overwritten").File("item/after").Finish());
        Assert.Equal(2, result.Notes.ToList().Count);
        Assert.True(File.Exists(Path.Combine(_ground.Item, "after")));
    }

    [Fact]
    public void A_link_that_was_planted_in_the_destination_is_replaced_not_written_through()
    {
        Directory.CreateDirectory(_ground.Item);
        File.CreateSymbolicLink(Path.Combine(_ground.Item, "x"), _ground.Canary);
        _ground.Extract(new ArchiveBuilder().Folder("item").File("item/x", "new").Finish());
        Assert.Null(new FileInfo(Path.Combine(_ground.Item, "x")).LinkTarget);
        Assert.Equal("new", File.ReadAllText(Path.Combine(_ground.Item, "x")));
    }

    [Fact]
    public void A_hard_link_that_was_planted_in_the_destination_is_replaced_not_written_through()
    {
        // What a sandbox with a writable mount could do to a file that it may not write: make it have a second name where a copy lands.
        Directory.CreateDirectory(_ground.Item);
        string name = Path.Combine(_ground.Item, "x");
        Assert.Equal(0, System.Diagnostics.Process.Start("ln", [_ground.Canary, name]).WaitForExitCode());
        _ground.Extract(new ArchiveBuilder().Folder("item").File("item/x", "new").Finish());
        Assert.Equal("new", File.ReadAllText(name));
    }

    [Fact]
    public void The_item_is_not_made_through_a_planted_link()
    {
        File.CreateSymbolicLink(_ground.Item, _ground.CanaryFolder);
        _ground.ExpectFault(ArchiveFault.Refused, new ArchiveBuilder().Folder("item").File("item/file", "overwritten").Finish());
    }

    [Fact]
    public void Setuid_setgid_sticky_and_owners_are_not_taken_over()
    {
        _ground.Extract(new ArchiveBuilder().Folder("item", "0007777").Entry('0', "item/x", "x"u8.ToArray(), mode: "0007777", user: "0000001").Finish());
        UnixFileMode special = UnixFileMode.SetUser | UnixFileMode.SetGroup | UnixFileMode.StickyBit;
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(Path.Combine(_ground.Item, "x")) & special);
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(_ground.Item) & special);
        Assert.Equal(AgentSandbox.Copying.Files.Native.EffectiveUser(), Owner(Path.Combine(_ground.Item, "x")));
    }

    [Fact]
    public void A_folder_without_permissions_can_still_be_filled_and_deleted()
    {
        _ground.Extract(new ArchiveBuilder().Folder("item", "0000000").File("item/x").Finish());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_ground.Item));
    }

    [Fact]
    public void More_entries_than_allowed_are_refused()
    {
        ArchiveBuilder builder = new ArchiveBuilder().Folder("item");
        for (int i = 0; i < 10; i++)
        {
            builder.File($"item/{i}");
        }

        _ground.ExpectFault(ArchiveFault.Refused, builder.Finish(), ExtractPolicy.OutOfSandbox with { MaxEntries = 10 });
        _ground.Extract(builder.Finish(), ExtractPolicy.OutOfSandbox with { MaxEntries = 11 });
    }

    [Fact]
    public void More_bytes_than_allowed_are_refused_before_they_are_written()
    {
        byte[] archive = new ArchiveBuilder().Folder("item").File("item/a", new string('a', 600)).File("item/b", new string('b', 600)).Finish();
        _ground.ExpectFault(ArchiveFault.TooLarge, archive, ExtractPolicy.OutOfSandbox with { MaxBytes = 1199 });
        Assert.False(File.Exists(Path.Combine(_ground.Item, "b")));
        _ground.Extract(archive, ExtractPolicy.OutOfSandbox with { MaxBytes = 1200 });
    }

    [Fact]
    public void Links_without_end_do_not_fill_memory()
    {
        ArchiveBuilder builder = new ArchiveBuilder().Folder("item");
        for (int i = 0; i < 100; i++)
        {
            builder.Link($"item/{i}", "x");
        }

        _ground.ExpectFault(ArchiveFault.Refused, builder.Finish(), ExtractPolicy.OutOfSandbox with { MaxKept = 8 * 1024 });
    }

    [Fact]
    public void Two_entries_of_one_name_leave_the_last()
    {
        _ground.Extract(new ArchiveBuilder().Folder("item").File("item/x", "first").File("item/x", "second").Finish());
        Assert.Equal("second", File.ReadAllText(Path.Combine(_ground.Item, "x")));
    }

    [Fact]
    public void Names_that_differ_in_case_do_not_become_one_through_a_link()
    {
        // On a file system without case, the second name is the first's link.
        byte[] archive = new ArchiveBuilder().Folder("item").Link("item/Way", "../../canary").Folder("item/way").File("item/way/file", "overwritten").Finish();
        _ground.Extract(archive);
        Assert.Equal("overwritten", File.ReadAllText(Path.Combine(_ground.Item, "way/file")));
    }

    [Fact]
    public void A_folder_in_the_way_of_a_file_is_a_note()
    {
        Directory.CreateDirectory(Path.Combine(_ground.Item, "x/inner"));
        SafeTarExtractor result = _ground.Extract(new ArchiveBuilder().Folder("item").File("item/x").Link("item/x", "y").File("item/z").Finish());
        Assert.Equal(2, result.Notes.ToList().Count);
        Assert.True(Directory.Exists(Path.Combine(_ground.Item, "x/inner")));
        Assert.True(File.Exists(Path.Combine(_ground.Item, "z")));
    }

    [Fact]
    public void Names_that_are_no_text_survive_and_terminal_sequences_are_shown_harmless()
    {
        SafeTarExtractor result = _ground.Extract(new ArchiveBuilder().Folder("item").File("item/bad\u00ff").Entry('6', "item/\u001b[2Jboo\nnote: forged").Finish());
        using var folder = AgentSandbox.Copying.Files.LinuxFile.Open(_ground.Item, AgentSandbox.Copying.Files.OpenFlags.Folder);
        Assert.Equal([.. "bad"u8, 0xff, 0], Assert.Single(AgentSandbox.Copying.Files.FolderReader.Read(folder)));
        Assert.DoesNotContain(Assert.Single(result.Notes.ToList()), char.IsControl);
    }

    [Fact]
    public void The_announced_size_is_for_show_only()
    {
        SafeTarExtractor result = _ground.Extract(new ArchiveBuilder().Global(("AGENTSANDBOX.bytes", "9223372036854775807")).Folder("item").File("item/x").Finish());
        Assert.Equal(ExtractPolicy.OutOfSandbox.MaxBytes, result.AnnouncedBytes);
        Assert.Equal(0, _ground.Extract(new ArchiveBuilder().Global(("AGENTSANDBOX.bytes", "-5")).Folder("item").Finish()).AnnouncedBytes);
    }

    private static uint Owner(string path)
    {
        using var file = AgentSandbox.Copying.Files.LinuxFile.Open(path, AgentSandbox.Copying.Files.OpenFlags.ReadOnly);
        return AgentSandbox.Copying.Files.LinuxFile.Stat(file).User;
    }
}

file static class ProcessExtensions
{
    public static int WaitForExitCode(this System.Diagnostics.Process process)
    {
        process.WaitForExit();
        return process.ExitCode;
    }
}
