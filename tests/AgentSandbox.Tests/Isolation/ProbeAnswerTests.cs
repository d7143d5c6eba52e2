using System.Text;
using AgentSandbox.Isolation;

namespace AgentSandbox.Tests.Isolation;

/// <summary>The guest's answers are hostile input.</summary>
public class ProbeAnswerTests
{
    private const string Good = """{"outcome":"closed","errno":1,"selfTest":true,"detail":"mount","nonce":"ab"}""";

    [Fact]
    public void An_answer_is_read()
    {
        ProbeAnswer answer = Parse(Good + "\n");
        Assert.Equal(ProbeOutcome.Closed, answer.Outcome);
        Assert.Equal(1, answer.Errno);
        Assert.True(answer.SelfTest);
        Assert.Equal("ab", answer.Nonce);
        Assert.StartsWith("mount: EPERM", answer.Description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData(Good)]
    [InlineData(Good + "\n" + Good + "\n")]
    [InlineData(Good + "\n\n")]
    [InlineData("null\n")]
    [InlineData("[]\n")]
    [InlineData("7\n")]
    [InlineData("{}\n")]
    [InlineData("""{"outcome":"maybe","errno":1,"selfTest":true,"detail":"","nonce":""}""" + "\n")]
    [InlineData("""{"outcome":"open","errno":-1,"selfTest":true,"detail":"","nonce":""}""" + "\n")]
    [InlineData("""{"outcome":"open","errno":4096,"selfTest":true,"detail":"","nonce":""}""" + "\n")]
    [InlineData("""{"outcome":"open","errno":1e99,"selfTest":true,"detail":"","nonce":""}""" + "\n")]
    [InlineData("""{"outcome":"open","errno":1,"selfTest":"yes","detail":"","nonce":""}""" + "\n")]
    [InlineData("""{"outcome":"open","errno":1,"selfTest":true,"detail":null,"nonce":""}""" + "\n")]
    [InlineData("""{"outcome":"open","errno":1,"selfTest":true,"detail":"","nonce":null}""" + "\n")]
    [InlineData("""{"outcome":null,"errno":1,"selfTest":true,"detail":"","nonce":""}""" + "\n")]
    [InlineData("""{"outcome":"open","errno":1,"selfTest":true,"detail":"","nonce":"","verdict":"Isolated"}""" + "\n")]
    [InlineData("""{"outcome":"open","errno":1,"selfTest":true,"detail":{"a":1},"nonce":""}""" + "\n")]
    [InlineData("""{"Outcome":"open","errno":1,"selfTest":true,"detail":"","nonce":""}""" + "\n")]
    public void Anything_else_is_refused(string text) => Assert.Equal(SandboxErrorId.ProbeFailed, Assert.Throws<ProbeFailedException>(() => Parse(text)).ErrorId);

    [Fact]
    public void Size_is_bounded()
    {
        string Answer(int nonce, int detail) => $$"""{"outcome":"open","errno":0,"selfTest":true,"detail":"{{new string('d', detail)}}","nonce":"{{new string('n', nonce)}}"}""" + "\n";
        Assert.Equal(128, Parse(Answer(128, 0)).Nonce.Length);
        Assert.Throws<ProbeFailedException>(() => Parse(Answer(129, 0)));
        Assert.InRange(Parse(Answer(0, 60_000)).Detail.Length, 300, 302);
        Assert.Throws<ProbeFailedException>(() => Parse(Answer(0, 70_000)));
    }

    [Fact]
    public void Evidence_can_not_repaint_a_terminal()
    {
        string detail = Parse("""{"outcome":"closed","errno":0,"selfTest":true,"detail":"a\u001b[2Jb\r\nc\u009bd\u202ee\u2028f","nonce":""}""" + "\n").Detail;
        Assert.Equal("a?[2Jb??c?d?e?f", detail);
    }

    [Fact]
    public void Random_bytes_never_do_more_than_be_refused()
    {
        var random = new Random(3);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(Good + "\n");
            for (int change = random.Next(1, 5); change > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            try
            {
                ProbeAnswer answer = ProbeAnswer.Parse(bytes);
                Assert.InRange(answer.Errno, 0, 4095);
                Assert.DoesNotContain(answer.Detail, char.IsControl);
            }
            catch (ProbeFailedException)
            {
                // Refused, as it should be.
            }
        }
    }

    private static ProbeAnswer Parse(string text) => ProbeAnswer.Parse(Encoding.UTF8.GetBytes(text));
}
