using System.Text;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Hijack;
using Xunit.Abstractions;

namespace AgentSandbox.Tests.Docker.Engine;

public sealed class ResponseHeadParserTests(ITestOutputHelper output)
{
    private const string Upgraded = "HTTP/1.1 101 UPGRADED\r\nContent-Type:  application/vnd.docker.raw-stream \r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n";

    [Fact]
    public void Bytes_behind_the_head_stay_whatever_the_pieces()
    {
        Random random = Seeded.Create(output);
        byte[] all = [.. Encoding.ASCII.GetBytes(Upgraded), 1, 0, 0, 0, 0, 0, 0, 2, (byte)'\r', (byte)'\n'];
        for (int round = 0; round < 300; round++)
        {
            ResponseHeadParser parser = new();
            int position = 0;
            while (parser.Head is null)
            {
                int length = Math.Min(random.Next(1, 40), all.Length - position);
                position += parser.Feed(all.AsSpan(position, length));
            }

            Assert.Equal(Upgraded.Length, position);
            Assert.Equal(101, parser.Head.Status);
            Assert.Equal("UPGRADED", parser.Head.Reason);
            Assert.True(parser.Head.IsHijacked);
            Assert.Contains(new("content-type", "application/vnd.docker.raw-stream"), parser.Head.Headers);
            Assert.Equal(0, parser.Feed([1, 2, 3]));
        }
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n", true)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", false)]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false)]
    [InlineData("HTTP/1.1 404 Not Found\r\n\r\n", false)]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\n", false)]
    [InlineData("HTTP/1.0 101\r\n\r\n", true)]
    public void Only_101_and_a_200_without_a_body_of_its_own_are_raw(string head, bool isHijacked)
    {
        ResponseHeadParser parser = new();
        Assert.Equal(head.Length, parser.Feed(Encoding.ASCII.GetBytes(head)));
        Assert.Equal(isHijacked, parser.Head!.IsHijacked);
    }

    [Theory]
    [InlineData("HTTP/2 200 OK\r\n")]
    [InlineData("HTTP/1.1 20 OK\r\n")]
    [InlineData("HTTP/1.1 2000 OK\r\n")]
    [InlineData("HTTP/1.1 600 OK\r\n")]
    [InlineData("HTTP/1.1 200 OK\n")]
    [InlineData("\r\n")]
    [InlineData("SSH-2.0-OpenSSH_9.2p1\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n folded: x\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nno colon\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n: no name\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nname : space\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nname: a\rb\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nname: a\0b\r\n")]
    public void What_is_no_head_is_refused(string text) =>
        Assert.Throws<DockerEngineException>(() => new ResponseHeadParser().Feed(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void An_endless_head_is_refused()
    {
        ResponseHeadParser one = new(), many = new();
        Assert.Throws<DockerEngineException>(() => one.Feed(new byte[ResponseHeadParser.MaxLength + 1]));
        many.Feed("HTTP/1.1 200 OK\r\n"u8);
        Assert.Throws<DockerEngineException>(() =>
        {
            for (int i = 0; i < ResponseHeadParser.MaxLength; i++)
            {
                many.Feed("a: b\r\n"u8);
            }
        });
    }

    [Fact]
    public void Garbage_is_a_head_or_a_documented_error()
    {
        Random random = Seeded.Create(output);
        byte[] valid = Encoding.ASCII.GetBytes(Upgraded);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = (byte[])valid.Clone();
            for (int i = random.Next(0, 4); i >= 0; i--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            ResponseHeadParser parser = new();
            try
            {
                Assert.InRange(parser.Feed(bytes), 0, bytes.Length);
            }
            catch (DockerEngineException e)
            {
                Assert.DoesNotContain(e.Message, char.IsControl);
            }
        }
    }

    [Fact]
    public void A_request_can_not_be_split_by_what_is_in_its_path()
    {
        Assert.Throws<ArgumentException>(() => UpgradeRequest.Write("/exec/x HTTP/1.1\r\nEvil: 1\r\n/start", "docker", null));
        Assert.Throws<ArgumentException>(() => UpgradeRequest.Write("/exec/x", "docker\r\nEvil: 1", null));
        string request = Encoding.ASCII.GetString(UpgradeRequest.Write("/v1.41/exec/x/start", "docker", "{}"u8.ToArray()));
        Assert.Equal("POST /v1.41/exec/x/start HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", request);
    }

    [Theory]
    [InlineData("5\r\nhello\r\n1;x=y\r\n!\r\n0\r\n\r\n", "hello!", true)]
    [InlineData("5\r\nhel", "hel", false)]
    [InlineData("zz\r\nhello", "", true)]
    [InlineData("7fffffff\r\nhello", "hello", false)]
    [InlineData("", "", false)]
    public void Chunks_are_joined(string bytes, string body, bool complete)
    {
        Assert.Equal(body, Encoding.ASCII.GetString(ChunkedBody.Join(Encoding.ASCII.GetBytes(bytes), out bool isComplete)));
        Assert.Equal(complete, isComplete);
    }
}
