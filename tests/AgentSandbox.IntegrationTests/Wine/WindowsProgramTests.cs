using System.Diagnostics;
using System.Text.Json;

namespace AgentSandbox.IntegrationTests.Wine;

/// <summary>The real agentsandbox.exe under Wine, where no backend is ready.</summary>
[Collection(WineCollection.Name)]
public sealed class WindowsProgramTests(WineMachine machine)
{
    private static string Program => Path.Combine(Programs.Folder, "win-x64", "agentsandbox.exe");

    [Fact]
    public async Task Help_says_where_the_state_is()
    {
        WineResult result = await machine.RunAsync(Program, ["--help"]);
        Assert.Equal(0, result.ExitCode);
        Assert.Empty(result.Error);
        Assert.Contains("Usage: agentsandbox COMMAND", result.Output, StringComparison.Ordinal);
        Assert.Contains(@"%LOCALAPPDATA%\AgentSandbox", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("/var/lib", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Backends_of_Linux_say_that_they_need_it()
    {
        WineResult result = await machine.RunAsync(Program, ["backends", "--json"]);
        Assert.Equal(0, result.ExitCode);
        JsonElement[] backends = [.. JsonDocument.Parse(result.Output).RootElement.EnumerateArray()];
        foreach (string name in new[] { "Nspawn", "Chroot" })
        {
            JsonElement backend = backends.Single(b => b.GetProperty("Name").GetString() == name);
            Assert.False(backend.GetProperty("Available").GetBoolean());
            Assert.Equal("It needs Linux.", backend.GetProperty("Reason").GetString());
        }
    }

    [Fact]
    public async Task A_list_is_empty_and_warns_about_the_engine()
    {
        WineResult result = await machine.RunAsync(Program, ["list", "--json"]);
        Assert.Equal(0, result.ExitCode);
        Assert.Equal("[]", result.Output.Trim());
        Assert.Contains("npipe:////./pipe/docker_engine", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_backend_a_run_is_an_error_that_says_what_to_do()
    {
        WineResult result = await machine.RunAsync(Program, ["run", "--json", "--", "x"]);
        Assert.Equal(125, result.ExitCode);
        JsonElement error = JsonDocument.Parse(result.Error).RootElement;
        Assert.Equal(SandboxErrorId.BackendNotAvailable, error.GetProperty("ErrorId").GetString());
        Assert.NotEmpty(error.GetProperty("RecommendedAction").GetString()!);
    }

    [Theory]
    [InlineData("con")]
    [InlineData("NUL.txt")]
    [InlineData("com1")]
    public async Task A_reserved_name_is_refused(string name)
    {
        WineResult result = await machine.RunAsync(Program, ["create", name, "--backend", "docker"]);
        Assert.Equal(125, result.ExitCode);
        Assert.Contains(SandboxErrorId.InvalidName, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Images_say_that_they_need_Linux()
    {
        WineResult result = await machine.RunAsync(Program, ["images"]);
        Assert.DoesNotContain("UnexpectedError", result.Error, StringComparison.Ordinal);
        Assert.Equal(0, result.ExitCode);
    }

    [Fact]
    public async Task The_supervisor_of_Linux_is_refused()
    {
        WineResult result = await machine.RunAsync(Program, ["supervise", "0123456789ab"]);
        Assert.Equal(125, result.ExitCode);
        Assert.Contains("Linux", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reader_that_has_gone_is_a_quiet_end()
    {
        using Process process = machine.Start(Program, ["--help"]);
        process.StandardOutput.Close();
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(141, process.ExitCode);
        Assert.Empty(error);
    }
}
