using System.Text;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Hijack;
using AgentSandbox.Tests.Docker.StandIn;
using Xunit.Abstractions;

namespace AgentSandbox.Tests.Docker.Engine;

public sealed class StdCopyDecoderTests(ITestOutputHelper output)
{
    [Fact]
    public void Frames_give_the_same_bytes_whatever_the_pieces()
    {
        Random random = Seeded.Create(output);
        for (int round = 0; round < 200; round++)
        {
            MemoryStream stream = new(), wantedOutput = new(), wantedError = new();
            for (int i = random.Next(20); i > 0; i--)
            {
                byte[] payload = new byte[random.Next(4) == 0 ? 0 : random.Next(3000)];
                random.NextBytes(payload);
                bool isOutput = random.Next(2) == 0;
                stream.Write(StandInConnection.Frame(isOutput ? (byte)1 : (byte)2, payload));
                (isOutput ? wantedOutput : wantedError).Write(payload);
            }

            (byte[] gotOutput, byte[] gotError, StdCopyDecoder decoder) = Decode(stream.ToArray(), random);
            Assert.Equal(wantedOutput.ToArray(), gotOutput);
            Assert.Equal(wantedError.ToArray(), gotError);
            Assert.True(decoder.IsAtBoundary);
        }
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 1 })]
    [InlineData(new byte[] { 4, 0, 0, 0, 0, 0, 0, 1 })]
    [InlineData(new byte[] { 1, 1, 0, 0, 0, 0, 0, 1 })]
    [InlineData(new byte[] { 1, 0, 1, 0, 0, 0, 0, 1 })]
    [InlineData(new byte[] { 2, 0, 0, 1, 0, 0, 0, 1 })]
    public void A_frame_that_no_engine_sends_is_an_error_for_good(byte[] header)
    {
        StdCopyDecoder decoder = new();
        Assert.Throws<DockerEngineException>(() => decoder.Feed(header));
        Assert.Throws<DockerEngineException>(() => decoder.Feed(StandInConnection.Frame(1, [1])));
        Assert.False(decoder.IsAtBoundary);
    }

    [Fact]
    public void The_engine_s_own_error_is_thrown_in_its_words_on_one_line()
    {
        byte[] frame = StandInConnection.Frame(3, Encoding.UTF8.GetBytes("broken\r\npipe\x1b[31m"));
        for (int split = 0; split < frame.Length; split++)
        {
            StdCopyDecoder decoder = new();
            decoder.Feed(frame.AsSpan(0, split));
            DockerEngineException error = Assert.Throws<DockerEngineException>(() => decoder.Feed(frame.AsSpan(split)));
            Assert.Equal("broken pipe\uFFFD[31m", error.Message);
            Assert.Equal(0, error.StatusCode);
        }
    }

    [Fact]
    public void An_endless_error_is_cut_and_one_that_breaks_off_is_thrown_at_the_end()
    {
        StdCopyDecoder endless = new(), cut = new();
        endless.Feed([3, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
        DockerEngineException error = Assert.Throws<DockerEngineException>(() => endless.Feed(Encoding.ASCII.GetBytes(new string('x', 100_000))));
        Assert.InRange(error.Message.Length, 1, 600);
        cut.Feed([3, 0, 0, 0, 0, 0, 0, 9, (byte)'b', (byte)'y', (byte)'e']);
        Assert.False(cut.IsAtBoundary);
        Assert.Equal("bye", Assert.Throws<DockerEngineException>(cut.ThrowUnfinishedError).Message);
        new StdCopyDecoder().ThrowUnfinishedError();
    }

    [Fact]
    public void An_end_within_a_frame_is_no_boundary()
    {
        StdCopyDecoder header = new(), payload = new();
        header.Feed([1, 0, 0]);
        payload.Feed([1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
        Assert.False(header.IsAtBoundary);
        Assert.False(payload.IsAtBoundary);
        Assert.Equal(uint.MaxValue, payload.Remaining);
    }

    [Fact]
    public void Garbage_is_bytes_or_a_documented_error()
    {
        Random random = Seeded.Create(output);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = new byte[random.Next(64)];
            random.NextBytes(bytes);
            for (int i = 0; i < Math.Min(7, bytes.Length); i++)
            {
                bytes[i] = (byte)(i == 0 ? random.Next(5) : random.Next(30) == 0 ? 1 : 0);
            }

            try
            {
                Decode(bytes, random);
            }
            catch (DockerEngineException e)
            {
                Assert.DoesNotContain(e.Message, char.IsControl);
            }
        }
    }

    private static (byte[] Output, byte[] Error, StdCopyDecoder Decoder) Decode(byte[] bytes, Random random)
    {
        StdCopyDecoder decoder = new();
        MemoryStream output = new(), error = new();
        for (int position = 0; position < bytes.Length;)
        {
            ReadOnlySpan<byte> piece = bytes.AsSpan(position, Math.Min(random.Next(1, 700), bytes.Length - position));
            position += piece.Length;
            while (!piece.IsEmpty)
            {
                piece = piece[decoder.Feed(piece)..];
                int count = (int)Math.Min(decoder.Remaining, (uint)piece.Length);
                (decoder.Stream == StandardStream.Output ? output : error).Write(piece[..count]);
                decoder.Take(count);
                piece = piece[count..];
            }
        }

        return (output.ToArray(), error.ToArray(), decoder);
    }
}
