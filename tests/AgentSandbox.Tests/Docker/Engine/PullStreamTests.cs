using System.Globalization;
using System.Text;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Http;
using AgentSandbox.Backends.Docker.Engine.Images;
using Xunit.Abstractions;

namespace AgentSandbox.Tests.Docker.Engine;

public sealed class PullStreamTests(ITestOutputHelper output)
{
    [Fact]
    public void Lines_are_the_same_whatever_the_pieces()
    {
        Random random = Seeded.Create(output);
        byte[] bytes = Encoding.UTF8.GetBytes("{\"status\":\"ä\",\"id\":\"1\"}\r\n\r\n{\"status\":\"b\",\"progressDetail\":{\"current\":1,\"total\":2}}\n{\"status\":\"last\"}");
        for (int round = 0; round < 500; round++)
        {
            List<string?> seen = [];
            JsonLineReader<ProgressLine> reader = new(EngineJson.Default.ProgressLine);
            for (int position = 0; position < bytes.Length;)
            {
                int length = Math.Min(random.Next(1, 30), bytes.Length - position);
                reader.Feed(bytes.AsSpan(position, length), line => seen.Add(line.Status));
                position += length;
            }

            reader.Complete(line => seen.Add(line.Status));
            Assert.Equal(["ä", "b", "last"], seen);
        }
    }

    [Fact]
    public void Garbage_and_endless_lines_are_documented_errors()
    {
        Random random = Seeded.Create(output);
        for (int round = 0; round < 5000; round++)
        {
            byte[] bytes = Encoding.UTF8.GetBytes("{\"status\":\"x\",\"progressDetail\":{\"current\":1,\"total\":2}}\n");
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            JsonLineReader<ProgressLine> reader = new(EngineJson.Default.ProgressLine);
            try
            {
                reader.Feed(bytes, _ => { });
                reader.Complete(_ => { });
            }
            catch (DockerEngineException e)
            {
                Assert.DoesNotContain(e.Message, char.IsControl);
            }
        }

        JsonLineReader<ProgressLine> endless = new(EngineJson.Default.ProgressLine);
        Assert.Throws<DockerEngineException>(() => endless.Feed(new byte[JsonLineReader<ProgressLine>.MaxLine + 1], _ => { }));
        Assert.Throws<DockerEngineException>(() => new JsonLineReader<ProgressLine>(EngineJson.Default.ProgressLine).Feed("null\n"u8, _ => { }));
    }

    [Fact]
    public void Layers_fold_to_one_number()
    {
        PullProgress progress = new("python:3.12");
        Assert.Null(progress.Add(new() { Status = "Pulling from library/python", Id = "3.12" }));
        Assert.Equal(new("Pulling python:3.12", "downloading, 0 of 1 layers done", 0), progress.Add(Line("a", "Pulling fs layer")));
        progress.Add(Line("b", "Pulling fs layer"));
        progress.Add(Line("c", "Already exists"));
        Assert.Equal(12, progress.Add(Line("a", "Downloading", 50, 100))!.PercentComplete); // Half of a's half, b taken for as large.
        Assert.Equal(12, progress.Add(Line("b", "Downloading", 30, 300))!.PercentComplete); // 40 of 400 bytes' worth: b is the larger. Never less.
        Assert.Equal(43, progress.Add(Line("b", "Download complete"))!.PercentComplete);
        progress.Add(Line("a", "Extracting", 100, 100));
        progress.Add(Line("a", "Pull complete"));
        SandboxProgress? last = progress.Add(Line("b", "Pull complete"));
        Assert.Equal(new("Pulling python:3.12", "finishing, 3 of 3 layers done", 99), last);
        Assert.Equal(100, progress.Complete().PercentComplete);
        Assert.Null(progress.Add(new() { Status = "Digest: sha256:0" }));
    }

    [Fact]
    public void Whatever_an_engine_says_the_number_is_a_percentage_that_never_falls()
    {
        Random random = Seeded.Create(output);
        string[] words = ["Pulling fs layer", "Waiting", "Downloading", "Verifying Checksum", "Download complete", "Extracting", "Pull complete", "Already exists", "Retrying in 1 second", ""];
        long?[] numbers = [null, -1, 0, 1, 50, 100, long.MaxValue, long.MinValue];
        for (int round = 0; round < 300; round++)
        {
            PullProgress progress = new("x");
            int before = 0;
            for (int i = 0; i < 100; i++)
            {
                ProgressLine line = new()
                {
                    Id = random.Next(10) == 0 ? null : random.Next(20).ToString(CultureInfo.InvariantCulture),
                    Status = random.Next(20) == 0 ? null : words[random.Next(words.Length)],
                    Detail = random.Next(4) == 0 ? null : new() { Current = numbers[random.Next(numbers.Length)], Total = numbers[random.Next(numbers.Length)] },
                };
                if (progress.Add(line) is { } next)
                {
                    Assert.InRange(next.PercentComplete, before, 99);
                    before = next.PercentComplete;
                }
            }
        }
    }

    private static ProgressLine Line(string id, string status, long? current = null, long? total = null) =>
        new() { Id = id, Status = status, Detail = new() { Current = current, Total = total } };
}
