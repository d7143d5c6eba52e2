using System.Text.Json;

namespace AgentSandbox.IntegrationTests.CommandLine;

/// <summary><c>agentsandbox test</c> as a gate, with summaries and reports.</summary>
public class IsolationTests
{
    [Fact]
    public async Task A_gate_has_exit_code_0_or_1_and_says_why()
    {
        await using var program = new CommandLineProgram();
        ProgramResult passed = await program.RunAsync("test", "--backend", "nspawn", "--category", "process,network", "--minimum-grade", "B", "--require", "net.*");
        Assert.Equal((0, ""), (passed.ExitCode, passed.ErrorText));
        Assert.Contains("grade B", passed.OutputText, StringComparison.Ordinal);

        ProgramResult failed = await program.RunAsync("test", "--backend", "chroot", "--probe", "priv.nnp", "--minimum-grade", "b", "--require", "process.*");
        Assert.Equal(1, failed.ExitCode);
        Assert.Contains("error IsolationInsufficient:", failed.ErrorText, StringComparison.Ordinal);
        Assert.Contains("Chroot: the grade is D, at least B is required.", failed.ErrorText, StringComparison.Ordinal);
        Assert.Contains("process.host-visible (High) is Exposed:", failed.ErrorText, StringComparison.Ordinal);
        Assert.Contains("To close it: -Backend Nspawn", failed.ErrorText, StringComparison.Ordinal);
        Assert.Contains("priv.nnp", failed.OutputText, StringComparison.Ordinal);
        Assert.Equal(0, (await program.JsonAsync("list", "--json")).GetArrayLength());
    }

    [Fact]
    public async Task A_summary_is_told_to_people_and_to_programs()
    {
        await using var program = new CommandLineProgram();
        string text = await program.OkAsync("test", "--backend", "chroot", "--severity", "high", "--summary");
        Assert.Matches(@"^Chroot: \d+ Isolated, \d+ Exposed, \d+ NotApplicable, in .*\ngrade D\n  An opening of high severity is at most D: ", text);
        Assert.Matches(@"\nCATEGORY +ISOLATED +EXPOSED .*\n", text);
        JsonElement json = (await program.JsonAsync("test", "--backend", "chroot", "--severity", "high", "--summary", "--json"))[0];
        Assert.Equal("D", json.GetProperty("Grade").GetString());
        Assert.Equal("High", json.GetProperty("WorstExposed").GetString());
        Assert.False(json.TryGetProperty("Results", out _));
    }

    [Theory]
    [InlineData("r.html", "<!DOCTYPE html>")]
    [InlineData("r.json", "{")]
    [InlineData("r.md", "# Isolation report")]
    [InlineData("r.xml", "<?xml")]
    public async Task A_report_is_written_whether_the_gate_passes_or_not(string name, string begin)
    {
        await using var program = new CommandLineProgram();
        string path = Path.Combine(Directory.CreateDirectory(program.Home).FullName, name);
        await File.WriteAllTextAsync(path, "old");
        ProgramResult result = await program.RunAsync("test", "--backend", "chroot", "--probe", "process.host-visible", "--minimum-grade", "A", "--report", path);
        Assert.Equal(1, result.ExitCode);
        string report = await File.ReadAllTextAsync(path);
        Assert.StartsWith(begin, report, StringComparison.Ordinal);
        Assert.Contains("process.host-visible", report, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_report_that_can_not_be_written_is_said_before_anything_is_measured()
    {
        await using var program = new CommandLineProgram();
        foreach (string path in new[] { "/nonexistent/r.html", "/tmp/r.txt" })
        {
            ProgramResult result = await program.RunAsync("test", "--report", path);
            Assert.Equal((125, ""), (result.ExitCode, result.OutputText));
            Assert.Contains("error ReportFailed:", result.ErrorText, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_specification_in_a_file_is_tested()
    {
        await using var program = new CommandLineProgram();
        string path = Path.Combine(Directory.CreateDirectory(program.Home).FullName, "open.json");
        await File.WriteAllTextAsync(path, """{ "Backend": "Nspawn", "Network": "Host" }""");
        JsonElement result = Assert.Single((await program.JsonAsync("test", "--path", path, "--probe", "net.host-loopback", "--json")).EnumerateArray());
        Assert.Equal(("open", "Declared"), (result.GetProperty("Subject").GetString(), result.GetProperty("Verdict").GetString()));
        ProgramResult required = await program.RunAsync("test", "--path", path, "--require", "net.host-loopback", "--probe", "priv.nnp");
        Assert.Equal(1, required.ExitCode);

        await File.WriteAllTextAsync(path, """{ "Memroy": 1 }""");
        ProgramResult bad = await program.RunAsync("test", "--path", path);
        Assert.Equal(125, bad.ExitCode);
        Assert.Contains("Did you mean 'Memory'?", bad.ErrorText, StringComparison.Ordinal);
        Assert.Equal(125, (await program.RunAsync("test", "--path", path, "--backend", "nspawn")).ExitCode);
    }
}
