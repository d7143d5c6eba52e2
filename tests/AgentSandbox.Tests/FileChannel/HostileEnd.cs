using AgentSandbox.Connection.FileChannel;
using AgentSandbox.Protocol.FileChannel;

namespace AgentSandbox.Tests.FileChannel;

/// <summary>A guest's end that a test writes by hand, opposite to a real host's end.</summary>
internal sealed class HostileEnd : IAsyncDisposable
{
    private readonly ChannelFolders _folders = new();

    /// <summary>Starts the host's end.</summary>
    /// <param name="clock">A clock that does not wait when null.</param>
    /// <param name="first">Blocks that are there at once. A clock that does not wait runs out while a slow machine writes many.</param>
    public HostileEnd(ChannelClock? clock = null, byte[][]? first = null)
    {
        string? aside = first is null ? null : WriteAside(first);
        Clock = clock ?? new SteppedClock();
        Host = FileChannelHost.Open(_folders.Down, _folders.Up, Clock);
        Id = Path.GetFileName(Directory.GetDirectories(_folders.Down).Single());
        if (aside is not null)
        {
            Directory.Move(aside, Folder);
        }
    }

    public ChannelClock Clock { get; }

    public FileChannelStream Host { get; }

    public string Id { get; }

    public string Up => _folders.Up;

    public string Down => Path.Combine(_folders.Down, Id);

    /// <summary>The folder of this end.</summary>
    public string Folder => Path.Combine(_folders.Up, Id);

    public string Segment(int number = 1) => Path.Combine(Folder, SegmentName.Of(number));

    public static byte[] Block(BlockType type, int length, long offset, long consumed = 0, int segment = 1, int reading = 1)
    {
        byte[] block = new byte[FileChannelLimits.HeaderSize + length];
        block.AsSpan(FileChannelLimits.HeaderSize).Fill(7);
        new BlockHeader(type, length, offset, consumed, segment, reading).Write(block);
        return block;
    }

    /// <summary>Makes the folder and its first segment, all at once.</summary>
    public void Write(params byte[][] blocks) => Directory.Move(WriteAside(blocks), Folder);

    public void Append(params byte[][] blocks)
    {
        using var file = new FileStream(Segment(), FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        file.Write([.. blocks.SelectMany(b => b)]);
    }

    /// <summary>Reads until the channel ends.</summary>
    /// <returns>Bytes read, and the error, or null for an orderly end.</returns>
    public async Task<(int Count, SandboxException? Error)> ReadAllAsync()
    {
        byte[] buffer = new byte[100_000];
        int count = 0;
        try
        {
            while (true)
            {
                int read = await Host.ReadAsync(buffer).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
                if (read == 0)
                {
                    return (count, null);
                }

                count += read;
            }
        }
        catch (SandboxException e)
        {
            return (count, e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        _folders.Dispose();
    }

    private string WriteAside(byte[][] blocks)
    {
        string folder = Path.Combine(_folders.Up, "made-aside");
        Directory.CreateDirectory(folder);
        using FileStream file = File.Create(Path.Combine(folder, SegmentName.Of(1)));
        foreach (byte[] block in blocks)
        {
            file.Write(block);
        }

        return folder;
    }
}
