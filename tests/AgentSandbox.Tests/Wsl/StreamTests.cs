using System.Text;
using AgentSandbox.Backends.Wsl.Cli;
using AgentSandbox.Backends.Wsl.Wire;
using Xunit.Abstractions;

namespace AgentSandbox.Tests.Wsl;

public sealed class StreamTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Lines_and_what_follows_them_are_whole_however_they_arrive()
    {
        Random random = Seeded.Create(output);
        for (int round = 0; round < 200; round++)
        {
            string[] lines = [.. Enumerable.Range(0, random.Next(5)).Select(_ => new string('x', random.Next(3) == 0 ? random.Next(40_000) : random.Next(20)))];
            byte[] rest = new byte[random.Next(30_000)];
            random.NextBytes(rest);
            using var stream = new LineStream(new Dripping([.. Encoding.UTF8.GetBytes(string.Concat(lines.Select(l => l + "\n"))), .. rest], random));
            foreach (string line in lines)
            {
                Assert.Equal(line, Encoding.UTF8.GetString((await stream.ReadLineAsync(50_000, CancellationToken.None))!.Value.Span));
            }

            using var got = new MemoryStream();
            await stream.CopyToAsync(got);
            Assert.Equal(rest, got.ToArray());
        }
    }

    [Fact]
    public async Task A_line_has_a_bound_and_an_end()
    {
        using var tooLong = new LineStream(new MemoryStream(Encoding.UTF8.GetBytes(new string('x', 1001) + "\n")));
        await Assert.ThrowsAsync<InvalidDataException>(async () => await tooLong.ReadLineAsync(1000, CancellationToken.None));
        using var endless = new LineStream(new MemoryStream(Encoding.UTF8.GetBytes(new string('x', 100_000))));
        await Assert.ThrowsAsync<InvalidDataException>(async () => await endless.ReadLineAsync(1000, CancellationToken.None));
        using var cut = new LineStream(new MemoryStream("abc"u8.ToArray()));
        await Assert.ThrowsAsync<InvalidDataException>(async () => await cut.ReadLineAsync(1000, CancellationToken.None));
        using var empty = new LineStream(new MemoryStream());
        Assert.Null(await empty.ReadLineAsync(1000, CancellationToken.None));
    }

    [Fact]
    public void Blocks_carry_any_bytes_and_stop_where_they_end()
    {
        Random random = Seeded.Create(output);
        for (int round = 0; round < 100; round++)
        {
            byte[] first = new byte[random.Next(200_000)], second = new byte[random.Next(1000)];
            random.NextBytes(first);
            random.NextBytes(second);
            using var wire = new MemoryStream();
            foreach (byte[] part in new[] { first, second })
            {
                var writer = new ChunkedStream(wire);
                for (int at = 0; at < part.Length;)
                {
                    int n = Math.Min(part.Length - at, random.Next(1, 60_000));
                    writer.Write(part, at, n);
                    at += n;
                }

                writer.WriteEnd();
            }

            wire.Position = 0;
            var dripping = new Dripping(wire.ToArray(), random);
            foreach (byte[] part in new[] { first, second })
            {
                using var got = new MemoryStream();
                new ChunkedStream(dripping).CopyTo(got);
                Assert.Equal(part, got.ToArray());
            }
        }
    }

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 0, 0 })]
    [InlineData(new byte[] { 0, 0, 0, 5, 1, 2 })]
    [InlineData(new byte[] { 0, 0, 0, 1, 1 })]
    public void A_sender_that_was_cut_short_shows(byte[] wire) => Assert.Throws<EndOfStreamException>(() => new ChunkedStream(new MemoryStream(wire)).CopyTo(Stream.Null));

    [Theory]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0x7F, 0xFF, 0xFF, 0xFF })]
    public void An_impossible_block_is_refused(byte[] wire) => Assert.Throws<InvalidDataException>(() => new ChunkedStream(new MemoryStream(wire)).CopyTo(Stream.Null));

    [Fact]
    public async Task Reading_on_a_thread_of_its_own_loses_nothing_to_a_cancelled_read()
    {
        Random random = Seeded.Create(output);
        byte[] bytes = new byte[300_000];
        random.NextBytes(bytes);
        var slow = new Gated(bytes);
        await using var reader = new ThreadedReader(slow);
        using (var cancelled = new CancellationTokenSource(20))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await reader.ReadExactlyAsync(new byte[10], cancelled.Token));
        }

        slow.Gate.Set();
        using var got = new MemoryStream();
        await reader.CopyToAsync(got);
        Assert.Equal(bytes, got.ToArray());
    }

    /// <summary>Gives nothing until its gate is open.</summary>
    private sealed class Gated(byte[] bytes) : MemoryStream(bytes)
    {
        public ManualResetEventSlim Gate { get; } = new();

        public override int Read(byte[] buffer, int offset, int count)
        {
            Gate.Wait();
            return base.Read(buffer, offset, Math.Min(count, 7777));
        }
    }

    /// <summary>Gives its bytes in pieces of any length.</summary>
    private sealed class Dripping(byte[] bytes, Random random) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, random.Next(1, 9000)));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Read(buffer.Span));
    }
}
