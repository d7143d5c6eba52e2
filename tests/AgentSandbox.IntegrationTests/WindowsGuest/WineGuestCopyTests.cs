using System.Formats.Tar;
using AgentSandbox.Copying.Archive;
using AgentSandbox.IntegrationTests.Wine;

namespace AgentSandbox.IntegrationTests.WindowsGuest;

/// <summary>The copy verbs of the Windows guest, as the host runs them, with archives that are made by another program.</summary>
[Collection(WineCollection.Name)]
public sealed class WineGuestCopyTests(WineMachine machine) : IAsyncLifetime
{
    private WineGuest _guest = null!;

    private string Folder => Path.Combine(machine.DriveC, "copies");

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(Folder);
        _guest = await WineGuest.StartAsync(machine);
    }

    public async Task DisposeAsync()
    {
        await _guest.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    [Fact]
    public async Task What_is_unpacked_comes_back_the_same()
    {
        string[] folders = [.. Enumerable.Range(1, 3).Select(n => string.Join("/", Enumerable.Repeat(new string('d', 60), n)))];
        string longName = folders[^1] + "/ü 東京.txt"; // Wine does not tell the name of an open file beyond 260 characters.
        byte[] content = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 7))];
        CommandResult result = await ExtractAsync(Archive([("item/", null), ("item/empty", []), .. folders.Select(f => ("item/" + f + "/", (byte[]?)null)), ("item/" + longName, content)]), "C:\\copies\\new", "own");
        Assert.Equal((0, "", "C:\\copies\\new"), (result.ExitCode, result.StandardError, result.StandardOutput));
        Assert.Equal(content, await File.ReadAllBytesAsync(Path.Combine(Folder, "new", longName)));

        result = await _guest.RunAsync(new CommandSpecification { Arguments = ["tar-create", "C:\\copies\\new"], Self = true });
        Assert.Equal((0, ""), (result.ExitCode, result.StandardError));
        Dictionary<string, byte[]> back = Read(result.StandardOutputBytes);
        Assert.Equal(content, back["item/" + longName]);
        Assert.Empty(back["item/empty"]);
    }

    [Theory]
    [InlineData("item/nul.txt")]
    [InlineData("item/file:stream")]
    [InlineData("item/dot.")]
    [InlineData("item/a\\b")]
    [InlineData("item/../../outside")]
    [InlineData("../outside")]
    public async Task Names_that_Windows_makes_something_else_of_reach_no_file(string name)
    {
        CommandResult result = await ExtractAsync(Archive(("item/", null), (name, "x"u8.ToArray())), "C:\\copies\\new", "own");
        Assert.True(result.ExitCode == CopyExitCode.Refused || result.StandardError.StartsWith(CopyReport.Note, StringComparison.Ordinal), $"{result.ExitCode} {result.StandardError}");
        Assert.False(File.Exists(Path.Combine(machine.DriveC, "outside")));
        Assert.DoesNotContain(Directory.GetFiles(Folder, "*", SearchOption.AllDirectories), f => File.ReadAllText(f) == "x");
    }

    [Fact]
    public async Task An_existing_folder_gets_the_item_under_its_own_name_and_what_is_missing_is_told()
    {
        CommandResult result = await ExtractAsync(Archive(("item", "x"u8.ToArray())), "C:\\copies", "own.txt");
        Assert.Equal((0, "C:\\copies\\own.txt"), (result.ExitCode, result.StandardOutput));
        result = await ExtractAsync(Archive(("item", "x"u8.ToArray())), "C:\\no such\\new", "own.txt");
        Assert.Equal(CopyExitCode.NotFound, result.ExitCode);
        result = await _guest.RunAsync(new CommandSpecification { Arguments = ["tar-create", "C:\\copies\\missing"], Self = true });
        Assert.Equal(CopyExitCode.NotFound, result.ExitCode);
        Assert.StartsWith(CopyReport.Error, result.StandardError, StringComparison.Ordinal);
    }

    private Task<CommandResult> ExtractAsync(byte[] archive, string destination, string name) =>
        _guest.RunAsync(new CommandSpecification { Arguments = ["tar-extract", destination, name], Self = true }, archive);

    private static byte[] Archive(params (string Name, byte[]? Content)[] entries)
    {
        using var bytes = new MemoryStream();
        using (var writer = new TarWriter(bytes, TarEntryFormat.Pax, leaveOpen: true))
        {
            foreach ((string name, byte[]? content) in entries)
            {
                var entry = new PaxTarEntry(content is null ? TarEntryType.Directory : TarEntryType.RegularFile, name);
                if (content is not null)
                {
                    entry.DataStream = new MemoryStream(content);
                }

                writer.WriteEntry(entry);
            }
        }

        return bytes.ToArray();
    }

    private static Dictionary<string, byte[]> Read(byte[] archive)
    {
        var files = new Dictionary<string, byte[]>();
        using var reader = new TarReader(new MemoryStream(archive));
        while (reader.GetNextEntry() is { } entry)
        {
            if (entry.EntryType is TarEntryType.RegularFile)
            {
                using var content = new MemoryStream();
                entry.DataStream?.CopyTo(content);
                files[entry.Name] = content.ToArray();
            }
        }

        return files;
    }
}
