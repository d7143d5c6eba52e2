using AgentSandbox.Backends.WindowsSandbox.Keeping;

namespace AgentSandbox.Tests.WindowsSandbox;

public sealed class FolderGuardTests : IDisposable
{
    private const string Connection = "0123456789abcdef";
    private static readonly FolderBounds s_small = new() { MaxFolders = 3, MaxFiles = 5, MaxFileBytes = 1000, MaxBytes = 2000 };
    private readonly string _up = Directory.CreateTempSubdirectory("agentsandbox-guard").FullName;

    public void Dispose() => HostileFolder.Delete(_up);

    [Fact]
    public void What_the_channel_makes_is_fine()
    {
        Assert.Null(Check());
        Write($"{Connection}/00000001.seg", 1000);
        Write($"{Connection}/00000002.seg", 500);
        Directory.CreateDirectory(Path.Combine(_up, "fedcba9876543210"));
        Assert.Null(Check());
    }

    [Theory]
    [InlineData("file")]
    [InlineData("0123456789abcdef.seg")]
    [InlineData("NUL")]
    [InlineData("0123456789abcde")]
    public void A_file_beside_connections_is_not(string name)
    {
        Write(name, 1);
        Assert.Contains("in the channel's folder", Check(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0123456789ABCDEF")]
    [InlineData("0123456789abcde")]
    [InlineData("0123456789abcdef0")]
    [InlineData("0123456789abcdeg")]
    [InlineData("..0123456789abcd")]
    [InlineData("0123456789abcde ")]
    public void A_folder_with_another_name_is_not(string name)
    {
        Directory.CreateDirectory(Path.Combine(_up, name));
        Assert.NotNull(Check());
    }

    [Theory]
    [InlineData("1.seg")]
    [InlineData("00000001.SEG")]
    [InlineData("00000001.seg.tmp")]
    [InlineData("0000000a.seg")]
    [InlineData("٠٠٠٠٠٠٠1.seg")]
    [InlineData("con")]
    public void A_file_with_another_name_in_a_connection_is_not(string name)
    {
        Write($"{Connection}/{name}", 1);
        Assert.Contains("in a connection's folder", Check(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_in_a_connection_is_not()
    {
        Directory.CreateDirectory(Path.Combine(_up, Connection, "00000001.seg"));
        Assert.NotNull(Check());
    }

    [Theory]
    [InlineData(Connection, "/etc")]
    [InlineData(Connection + "/00000001.seg", "/etc/passwd")]
    [InlineData(Connection + "/00000001.seg", "/nowhere")]
    public void A_link_is_not_wherever_it_leads(string path, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_up, path))!);
        File.CreateSymbolicLink(Path.Combine(_up, path), target);
        Assert.Contains("link", Check(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_huge_file_is_not_even_if_it_is_sparse()
    {
        Directory.CreateDirectory(Path.Combine(_up, Connection));
        using (FileStream file = File.Create(Path.Combine(_up, Connection, "00000001.seg")))
        {
            file.SetLength(1L << 40);
        }

        Assert.Contains("wrote more than", Check(), StringComparison.Ordinal);
        Assert.Contains("wrote more than", FolderGuard.Check(_up, FolderBounds.Default), StringComparison.Ordinal);
    }

    [Fact]
    public void Many_bytes_files_and_folders_are_not()
    {
        Write($"{Connection}/00000001.seg", 1000);
        Write($"{Connection}/00000002.seg", 1000);
        Assert.Null(Check());
        Write($"{Connection}/00000003.seg", 1);
        Assert.Contains("wrote more than", Check(), StringComparison.Ordinal);
        for (int i = 1; i <= 6; i++)
        {
            Write($"{Connection}/0000000{i}.seg", 0);
        }

        Assert.Contains("files", Check(), StringComparison.Ordinal);
        Directory.Delete(Path.Combine(_up, Connection), recursive: true);
        for (int i = 0; i < 4; i++)
        {
            Directory.CreateDirectory(Path.Combine(_up, $"000000000000000{i}"));
        }

        Assert.Contains("connections", Check(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_flood_of_files_is_not_counted_to_its_end()
    {
        Directory.CreateDirectory(Path.Combine(_up, Connection));
        for (int i = 1; i <= 3000; i++)
        {
            File.WriteAllBytes(Path.Combine(_up, Connection, $"{i:D8}.seg"), []);
        }

        Assert.Contains("2048 files", FolderGuard.Check(_up, FolderBounds.Default), StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_is_gone_is_not_fine() => Assert.NotNull(FolderGuard.Check(Path.Combine(_up, "gone"), s_small));

    [Fact]
    public void A_name_from_inside_can_not_speak_to_a_terminal()
    {
        Write("\u001b]0;x\u0007evil", 1);
        Assert.DoesNotContain('\u001b', Check()!);
    }

    [Fact]
    public void Deleting_follows_no_link_and_minds_no_depth_or_attribute()
    {
        string outside = Directory.CreateTempSubdirectory("agentsandbox-outside").FullName;
        try
        {
            File.WriteAllText(Path.Combine(outside, "keep"), "");
            string folder = Path.Combine(_up, "hostile");
            Directory.CreateDirectory(folder);
            Directory.CreateSymbolicLink(Path.Combine(folder, "link"), outside);
            string deep = folder;
            for (int i = 0; i < 300; i++)
            {
                Directory.CreateDirectory(deep = Path.Combine(deep, "d"));
            }

            File.WriteAllText(Path.Combine(deep, "NUL"), "");
            File.SetAttributes(Path.Combine(deep, "NUL"), FileAttributes.ReadOnly);
            HostileFolder.Delete(folder);
            Assert.False(Directory.Exists(folder));
            Assert.True(File.Exists(Path.Combine(outside, "keep")));
            HostileFolder.Delete(folder); // Again is fine.
        }
        finally
        {
            Directory.Delete(outside, recursive: true);
        }
    }

    private string? Check() => FolderGuard.Check(_up, s_small);

    private void Write(string name, int bytes)
    {
        string path = Path.Combine(_up, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, new byte[bytes]);
    }
}
