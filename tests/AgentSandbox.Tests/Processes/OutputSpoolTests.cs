using System.Text;
using AgentSandbox.Processes;

namespace AgentSandbox.Tests.Processes;

public sealed class OutputSpoolTests : IDisposable
{
    private const int Segment = 1000;
    private readonly string _folder = Directory.CreateTempSubdirectory("spool-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_was_written_is_read_in_its_order_while_more_comes()
    {
        using var spool = new OutputSpool(_folder);
        var reader = new ProcessOutputReader(_folder);
        Assert.Empty(reader.Read());
        spool.Append(isError: false, "one"u8);
        spool.Append(isError: true, "two"u8);
        Assert.Equal(["out:one", "err:two"], Read(reader));
        Assert.Empty(reader.Read());
        spool.Append(isError: false, "three"u8);
        Assert.Equal(["out:three"], Read(reader));
        Assert.Equal(0, reader.Dropped);
    }

    [Fact]
    public void The_oldest_is_dropped_and_counted()
    {
        using var spool = new OutputSpool(_folder, Segment);
        for (int i = 0; i < 100; i++)
        {
            spool.Append(isError: false, Encoding.ASCII.GetBytes($"{i:D95}"));
            Assert.True(new DirectoryInfo(_folder).EnumerateFiles().Sum(f => f.Length) <= OutputSpool.Segments * Segment);
        }

        var reader = new ProcessOutputReader(_folder);
        List<string> lines = Read(reader);
        Assert.Equal($"out:{99:D95}", lines[^1]);
        Assert.InRange(lines.Count, 31, 40);
        Assert.Equal((100 - lines.Count) * 100, reader.Dropped);
    }

    [Fact]
    public void A_reader_that_is_overtaken_goes_on_with_the_oldest_that_is_left()
    {
        using var spool = new OutputSpool(_folder, Segment);
        var reader = new ProcessOutputReader(_folder);
        spool.Append(isError: false, "first"u8);
        Assert.Single(Read(reader));
        for (int i = 0; i < 100; i++)
        {
            spool.Append(isError: false, new byte[95]);
        }

        Assert.InRange(Read(reader).Count, 30, 40);
        Assert.True(reader.Dropped > 0);
    }

    [Fact]
    public void Half_a_record_is_not_read()
    {
        using var spool = new OutputSpool(_folder);
        spool.Append(isError: false, "whole"u8);
        string file = OutputSpool.Files(_folder)[0].File;
        File.AppendAllBytes(file, [1, 0, 0, 0, 9, (byte)'x']);
        var reader = new ProcessOutputReader(_folder);
        Assert.Equal(["out:whole"], Read(reader));
        File.AppendAllText(file, "12345678");
        Assert.Equal(["out:x12345678"], Read(reader));
    }

    [Fact]
    public void A_damaged_file_is_an_error_not_a_huge_allocation()
    {
        File.WriteAllBytes(Path.Combine(_folder, "output-0000000000000000"), [1, 0x7f, 0xff, 0xff, 0xff, 0]);
        SandboxException e = Assert.Throws<SandboxException>(() => Read(new ProcessOutputReader(_folder)));
        Assert.Equal(SandboxErrorId.StateFailed, e.ErrorId);
    }

    [Fact]
    public void A_folder_that_is_gone_reads_as_the_end() => Assert.Empty(new ProcessOutputReader(Path.Combine(_folder, "gone")).Read());

    private static List<string> Read(ProcessOutputReader reader) => [.. reader.Read().Select(o => $"{(o.IsError ? "err" : "out")}:{Encoding.ASCII.GetString(o.Data)}")];
}
