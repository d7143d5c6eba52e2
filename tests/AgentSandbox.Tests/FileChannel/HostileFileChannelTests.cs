using AgentSandbox.Connection.FileChannel;
using AgentSandbox.Protocol;
using AgentSandbox.Protocol.FileChannel;
using Xunit.Abstractions;

namespace AgentSandbox.Tests.FileChannel;

/// <summary>What a guest that breaks the rules gets: an error that says so, and nothing of the host.</summary>
public sealed class HostileFileChannelTests(ITestOutputHelper output)
{
    private static readonly Dictionary<string, byte[][]> s_brokenRules = new()
    {
        { "a gap", [HostileEnd.Block(BlockType.Data, 10, 0), HostileEnd.Block(BlockType.Data, 10, 11)] },
        { "an overlap", [HostileEnd.Block(BlockType.Data, 10, 0), HostileEnd.Block(BlockType.Data, 10, 9)] },
        { "a replay", [HostileEnd.Block(BlockType.Data, 10, 0), HostileEnd.Block(BlockType.Data, 10, 0)] },
        { "an acknowledgement of what was not sent", [HostileEnd.Block(BlockType.Acknowledge, 0, 0, consumed: 1)] },
        { "a segment read that was not written", [HostileEnd.Block(BlockType.Acknowledge, 0, 0, reading: 3)] },
        { "a segment unread again", [HostileEnd.Block(BlockType.Acknowledge, 0, 0, reading: 2), HostileEnd.Block(BlockType.Acknowledge, 0, 0, reading: 1)] },
        { "another segment's block", [HostileEnd.Block(BlockType.Data, 10, 0, segment: 2)] },
        { "an acknowledgement at another place", [HostileEnd.Block(BlockType.Acknowledge, 0, 5)] },
        { "more than the window", [.. Enumerable.Range(0, 17).Select(i => HostileEnd.Block(BlockType.Data, 65536, i * 65536L))] },
        { "garbage", [[.. Enumerable.Range(1, 1000).Select(i => (byte)i)]] },
        { "text", ["AGFC is what it begins with, and then it is something else."u8.ToArray()] },
        { "zeros", [new byte[100_000]] },
        { "a cut header", [HostileEnd.Block(BlockType.Data, 10, 0)[..30]] },
        { "a cut payload", [HostileEnd.Block(BlockType.Data, 10, 0)[..45]] },
        { "a wrong checksum", [[.. HostileEnd.Block(BlockType.Data, 10, 0)[..^1], 8]] },
        { "a file larger than a segment", [new byte[FileChannelLimits.MaxSegment + 1]] },
    };

    public static TheoryData<string> BrokenRules => [.. s_brokenRules.Keys];

    [Theory]
    [MemberData(nameof(BrokenRules))]
    public async Task A_broken_rule_ends_the_channel(string what)
    {
        await using var end = new HostileEnd(first: s_brokenRules[what]);

        // Nothing is read before it has all arrived: the window must not open meanwhile.
        SandboxException error = await Assert.ThrowsAsync<SandboxException>(async () =>
        {
            await end.Host.Greeted;
            while (true)
            {
                await end.Host.WriteAsync(new byte[0x1000]);
                await Task.Delay(1);
            }
        }).WaitAsync(TimeSpan.FromSeconds(30));
        output.WriteLine($"{what}: {error.Message}");
        Assert.Equal(SandboxErrorId.ProtocolViolation, error.ErrorId);
        Assert.Equal(SandboxErrorId.ProtocolViolation, (await end.ReadAllAsync()).Error!.ErrorId);
        await end.Host.DisposeAsync();
        Assert.False(Directory.Exists(end.Down));
    }

    [Fact]
    public async Task Acknowledgements_do_not_go_back()
    {
        await using var end = new HostileEnd();
        await end.Host.WriteAsync(new byte[100]);
        end.Write(HostileEnd.Block(BlockType.Acknowledge, 0, 0, consumed: 100), HostileEnd.Block(BlockType.Acknowledge, 0, 0, consumed: 99));
        Assert.Equal(SandboxErrorId.ProtocolViolation, (await end.ReadAllAsync()).Error?.ErrorId);
    }

    [Fact]
    public async Task A_thousand_tiny_blocks_are_fine_and_so_is_an_orderly_end()
    {
        await using var end = new HostileEnd();
        end.Write([.. Enumerable.Range(0, 5000).Select(i => HostileEnd.Block(BlockType.Data, 1, i)), HostileEnd.Block(BlockType.Close, 0, 5000)]);
        Assert.Equal((5000, null), await end.ReadAllAsync());
    }

    [Fact]
    public async Task A_write_that_arrives_in_parts_is_waited_for()
    {
        await using var end = new HostileEnd(ChannelClock.System);
        byte[] block = HostileEnd.Block(BlockType.Data, 60_000, 0);
        byte[] holed = [.. block];
        holed.AsSpan(20, 30_000).Clear();
        end.Write(holed);
        Task<int> read = end.Host.ReadAsync(new byte[60_000]).AsTask();
        using (var file = new FileStream(end.Segment(), FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.Write(block);
        }

        Assert.Equal(60_000, await read);
    }

    [Theory]
    [InlineData("the folder is a link")]
    [InlineData("the segment is a link")]
    [InlineData("the segment is a hard link")]
    [InlineData("the segment is a folder")]
    public async Task Nothing_but_files_in_a_folder_is_read(string what)
    {
        await using var end = new HostileEnd();
        string secret = Path.Combine(end.Down, "..", "..", "secret");
        Directory.CreateDirectory(secret);
        string file = Path.Combine(secret, SegmentName.Of(1));
        File.WriteAllBytes(file, HostileEnd.Block(BlockType.Data, 10, 0));
        if (what == "the folder is a link")
        {
            Directory.CreateSymbolicLink(end.Folder, secret);
        }
        else
        {
            string aside = Path.Combine(end.Up, "made-aside");
            string segment = Path.Combine(aside, SegmentName.Of(1));
            Directory.CreateDirectory(aside);
            if (what == "the segment is a link")
            {
                File.CreateSymbolicLink(segment, file);
            }
            else if (what == "the segment is a hard link")
            {
                HardLink(file, segment);
            }
            else
            {
                Directory.CreateDirectory(segment);
            }

            Directory.Move(aside, end.Folder);
        }

        (int count, SandboxException? error) = await end.ReadAllAsync();
        Assert.Equal(0, count);
        Assert.Equal(SandboxErrorId.ProtocolViolation, error?.ErrorId);
    }

    [Fact]
    public async Task A_link_swapped_in_later_leads_nowhere()
    {
        await using var end = new HostileEnd();
        end.Write(HostileEnd.Block(BlockType.Data, 10, 0));
        Assert.Equal(10, await end.Host.ReadAsync(new byte[10]));
        string secret = Path.Combine(end.Up, "secret");
        Directory.CreateDirectory(secret);
        File.WriteAllBytes(Path.Combine(secret, SegmentName.Of(2)), HostileEnd.Block(BlockType.Data, 10, 10, segment: 2));

        // The open folder is what was there; the segment that comes next is not in it.
        Directory.Move(end.Folder, end.Folder + ".old");
        Directory.CreateSymbolicLink(end.Folder, secret);
        File.AppendAllBytes(Path.Combine(end.Folder + ".old", SegmentName.Of(1)), HostileEnd.Block(BlockType.Roll, 0, 10));

        (int count, SandboxException? error) = await end.ReadAllAsync();
        Assert.Equal(0, count);
        Assert.Equal(SandboxErrorId.GuestNotResponding, error?.ErrorId);
    }

    [Fact]
    public async Task Endless_growth_of_a_segment_is_not_followed()
    {
        await using var end = new HostileEnd(ChannelClock.System);
        end.Write(HostileEnd.Block(BlockType.Data, 1, 0));
        byte[] many = [.. Enumerable.Range(0, 20_000).SelectMany(_ => HostileEnd.Block(BlockType.Acknowledge, 0, 1))];
        Task grow = Task.Run(() =>
        {
            for (int i = 0; i < 20; i++)
            {
                end.Append(many);
            }
        });

        (int count, SandboxException? error) = await end.ReadAllAsync();
        await grow;
        Assert.Equal(1, count);
        Assert.Equal(SandboxErrorId.ProtocolViolation, error?.ErrorId);
    }

    [Fact]
    public async Task A_channel_that_says_nothing_for_a_minute_is_dead()
    {
        await using var end = new HostileEnd();
        end.Write(HostileEnd.Block(BlockType.Data, 10, 0));
        (int count, SandboxException? error) = await end.ReadAllAsync();
        Assert.Equal(10, count);
        Assert.Equal(SandboxErrorId.GuestNotResponding, error?.ErrorId);
        Assert.True(end.Clock.Now >= 60_000, $"{end.Clock.Now} ms");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_folder_deleted_in_the_middle_ends_the_channel(bool own)
    {
        await using var end = new HostileEnd();
        end.Write(HostileEnd.Block(BlockType.Data, 10, 0));
        Assert.Equal(10, await end.Host.ReadAsync(new byte[10]));
        Directory.Delete(own ? end.Down : end.Folder, recursive: true);
        (int count, SandboxException? error) = await end.ReadAllAsync();
        Assert.Equal(0, count);
        Assert.Equal(SandboxErrorId.GuestNotResponding, error?.ErrorId);
    }

    [Fact]
    public async Task A_fifo_does_not_stop_the_host()
    {
        await using var end = new HostileEnd();
        Directory.CreateDirectory(end.Folder + ".aside");
        using (var make = System.Diagnostics.Process.Start("mkfifo", end.Folder + ".aside/" + SegmentName.Of(1)))
        {
            await make.WaitForExitAsync();
        }

        Directory.Move(end.Folder + ".aside", end.Folder);
        Assert.Equal(SandboxErrorId.ProtocolViolation, (await end.ReadAllAsync()).Error?.ErrorId);
    }

    [Fact]
    public async Task Random_damage_never_gets_further_than_an_error()
    {
        Random random = Seeded.Create(output);
        for (int round = 0; round < 60; round++)
        {
            await using var end = new HostileEnd();
            var bytes = new List<byte>();
            long offset = 0;
            for (int i = random.Next(1, 10); i > 0; i--)
            {
                int length = random.Next(1, 3000);
                bytes.AddRange(HostileEnd.Block(BlockType.Data, length, offset));
                offset += length;
            }

            bytes.AddRange(HostileEnd.Block(BlockType.Close, 0, offset));
            byte[] damaged = [.. bytes];
            damaged[random.Next(damaged.Length)] ^= (byte)random.Next(1, 256);
            end.Write(damaged);

            (int count, SandboxException? error) = await end.ReadAllAsync();
            Assert.InRange(count, 0, (int)offset);
            Assert.Equal(SandboxErrorId.ProtocolViolation, error?.ErrorId);
        }
    }

    [Fact]
    public async Task The_listener_takes_only_channels_and_none_of_the_past()
    {
        using var folders = new ChannelFolders();
        foreach (string name in new[] { "0123456789ABCDEF", "0123456789abcde", "0123456789abcdef0", "x123456789abcdef", "0123456789abcdee" })
        {
            Directory.CreateDirectory(Path.Combine(folders.Down, name));
        }

        Directory.CreateDirectory(Path.Combine(folders.Up, "0123456789abcdee"));
        File.WriteAllText(Path.Combine(folders.Down, "0123456789abcde0"), "a file");
        var listener = new FileChannelListener(folders.Down, folders.Up, ProtocolLimits.MaxConnections, ChannelClock.System);
        using var cancel = new CancellationTokenSource(300);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => listener.AcceptAsync(cancel.Token));
        Assert.Equal(["0123456789abcdee"], Directory.GetFileSystemEntries(folders.Up).Select(Path.GetFileName));
    }

    private static void HardLink(string existing, string link)
    {
        using var ln = System.Diagnostics.Process.Start("ln", [existing, link]);
        ln.WaitForExit();
        Assert.Equal(0, ln.ExitCode);
    }
}
