using System.Text.Json;
using AgentSandbox.Host.CommandLine;
using AgentSandbox.Host.CommandLine.Output;
using AgentSandbox.Host.CommandLine.Verbs;

namespace AgentSandbox.Tests.CommandLine;

public class OutputTests
{
    [Theory]
    [InlineData("plain \u00e9 \u4e16", "plain \u00e9 \u4e16")]
    [InlineData("\u001b[31mred\u001b[0m", "\ufffd[31mred\ufffd[0m")]
    [InlineData("a\r\nb\tc\u0007", "a\ufffd\ufffdb\ufffdc\ufffd")]
    [InlineData("\u009b31m", "\ufffd31m")]
    [InlineData("evil\u202egnp.exe", "evil\ufffdgnp.exe")]
    [InlineData("a\u2028b", "a\ufffdb")]
    public void Text_of_a_guest_can_not_drive_the_terminal(string text, string expected) => Assert.Equal(expected, PrintableText.Clean(text));

    [Fact]
    public void Tables_are_aligned_and_their_cells_are_clean()
    {
        var table = new TableWriter("NAME", "STATE", "WHY");
        table.Add("a", "Running", null);
        table.Add("longer-name", "Failed", "x\ny");
        Assert.Equal("NAME         STATE    WHY\na            Running  -\nlonger-name  Failed   x\ufffdy\n", table.ToString());
    }

    [Fact]
    public void An_error_says_what_happened_and_what_to_do()
    {
        ErrorObject error = ErrorReport.Describe(new SandboxException(SandboxErrorId.NameInUse, "A sandbox named 'x' exists.", "Choose another name.", "x"));
        Assert.Equal("agentsandbox: error NameInUse: A sandbox named 'x' exists.\n  Choose another name.", ErrorReport.Format(error));
        JsonElement json = JsonDocument.Parse(JsonSerializer.Serialize(error, ReportJson.Readable.ErrorObject)).RootElement;
        Assert.Equal(["ErrorId", "Message", "RecommendedAction", "Target", "Problems"], json.EnumerateObject().Select(p => p.Name));
        Assert.Equal("NameInUse", json.GetProperty("ErrorId").GetString());
        Assert.Equal("x", json.GetProperty("Target").GetString());
    }

    [Fact]
    public void Each_problem_is_told_in_a_block_of_its_own()
    {
        var exception = new SandboxException("A", "first", "do 1") { Problems = [new("A", "P", "first", "do 1"), new("B", "Q", "second", "do 2")] };
        Assert.Equal("agentsandbox: error A: first\n  do 1\nagentsandbox: error B: second\n  do 2", ErrorReport.Format(ErrorReport.Describe(exception)));
    }

    [Theory]
    [InlineData(SandboxErrorId.CommandNotFound, 127)]
    [InlineData(SandboxErrorId.CommandNotExecutable, 126)]
    [InlineData(SandboxErrorId.ArgumentListTooLong, 126)]
    [InlineData(SandboxErrorId.CommandTimedOut, 124)]
    [InlineData(SandboxErrorId.RootRequired, 125)]
    [InlineData(SandboxErrorId.GuestDisconnected, 125)]
    [InlineData(UsageException.Id, 125)]
    public void Errors_have_the_exit_codes_of_timeout_and_env(string errorId, int exitCode) => Assert.Equal(exitCode, ExitCodes.For(new SandboxException(errorId, "m", "a")));

    [Fact]
    public void Sandboxes_are_reported_with_the_property_names_of_the_object()
    {
        IReadOnlyList<Sandbox> sandboxes =
        [
            new()
            {
                Name = "b\u00f6x", Id = "0123456789ab", Backend = "Nspawn", State = SandboxState.Running, Image = "host", Created = DateTimeOffset.UnixEpoch, Network = NetworkMode.None,
                Limits = new() { Memory = 1 }, Mounts = [], Specification = new() { Memory = 5, Network = NetworkMode.Host }, CpuTime = TimeSpan.FromSeconds(1.5),
            },
        ];
        string text = JsonSerializer.Serialize(sandboxes, ReportJson.Readable.IReadOnlyListSandbox);
        JsonElement json = JsonDocument.Parse(text).RootElement;
        Assert.Equal(JsonValueKind.Array, json.ValueKind);
        Assert.Equal(typeof(Sandbox).GetProperties().Select(p => p.Name).Order(), json[0].EnumerateObject().Select(p => p.Name).Order());
        Assert.Equal("Running", json[0].GetProperty("State").GetString());
        Assert.Equal("Host", json[0].GetProperty("Specification").GetProperty("Network").GetString());
        Assert.Contains("b\u00f6x", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("box:/tmp/x", "box", "/tmp/x")]
    [InlineData("box:", "box", "")]
    [InlineData("box:/a:b", "box", "/a:b")]
    [InlineData("/tmp/x", null, "/tmp/x")]
    [InlineData("./a:b", null, "./a:b")]
    [InlineData("/a:b", null, "/a:b")]
    [InlineData(":/x", null, ":/x")]
    [InlineData("plain", null, "plain")]
    [InlineData("", null, "")]
    public void A_side_of_a_copy_is_read_as_scp_reads_it(string text, string? sandbox, string path) => Assert.Equal((sandbox, path), CopyVerb.Side(text, isWindows: false));

    [Theory]
    [InlineData("box:C:\\x", "box", "C:\\x")]
    [InlineData("box:/tmp/x", "box", "/tmp/x")]
    [InlineData("C:\\x", null, "C:\\x")]
    [InlineData("c:/x", null, "c:/x")]
    [InlineData("C:x", null, "C:x")]
    [InlineData(".\\a:b", null, ".\\a:b")]
    [InlineData("./a:b", null, "./a:b")]
    [InlineData("1:x", "1", "x")]
    public void On_Windows_a_drive_is_no_sandbox(string text, string? sandbox, string path) => Assert.Equal((sandbox, path), CopyVerb.Side(text, isWindows: true));

    [Fact]
    public void Every_verb_has_help_with_usage_and_examples_where_it_has_a_command()
    {
        foreach (Verb verb in CommandTree.Create().Subcommands.Cast<Verb>())
        {
            string help = HelpWriter.Format(verb);
            Assert.Contains($"Usage: agentsandbox {verb.Name}", help, StringComparison.Ordinal);
            Assert.Contains("Examples:", help, StringComparison.Ordinal);
            Assert.All(verb.Options, o => Assert.False(string.IsNullOrEmpty(o.Description)));
        }
    }
}
