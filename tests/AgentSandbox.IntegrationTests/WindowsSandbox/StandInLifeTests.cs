using System.Diagnostics;
using System.Text.Json;
using AgentSandbox.IntegrationTests.CommandLine;

namespace AgentSandbox.IntegrationTests.WindowsSandbox;

/// <summary>Whole lives over a stand-in <c>wsb.exe</c>, with real processes that are really killed.</summary>
public sealed class StandInLifeTests
{
    private const int SIGKILL = 9;

    [Fact]
    public async Task A_sandbox_lives_from_one_process_to_the_next_and_leaves_nothing()
    {
        await using var host = new StandInHost();
        Assert.Equal("demo", await host.OkAsync("create", "demo", "--backend", "WindowsSandbox"));
        JsonElement sandbox = Assert.Single(await host.ListAsync());
        Assert.Equal("Running", sandbox.GetProperty("State").GetString());
        string[] calls = [.. host.Calls.Select(c => c.Split(' ')[0])];
        Assert.Single(calls, "start");
        Assert.Single(calls, "connect");

        string second = await host.FailAsync(SandboxErrorId.SandboxInstanceInUse, "create", "second", "--backend", "WindowsSandbox");
        Assert.Contains("'demo'", second, StringComparison.Ordinal);
        await host.FailAsync(SandboxErrorId.NotEnforceable, "stop", "demo");
        await host.OkAsync("start", "demo"); // It runs.
        await host.OkAsync("remove", "demo");
        await host.NothingIsLeftAsync();
    }

    [Fact]
    public async Task Creating_ends_for_who_captures_its_output_though_keeper_and_window_live_on()
    {
        await using var host = new StandInHost();
        using Process creating = host.Start("create", "demo", "--backend", "WindowsSandbox");
        Task<string> output = creating.StandardOutput.ReadToEndAsync(), errors = creating.StandardError.ReadToEndAsync();
        await CommandLineProgram.WaitAsync(creating);
        Assert.Equal("demo\n", await output.WaitAsync(TimeSpan.FromSeconds(10)));
        await errors.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.NotEmpty(host.Processes());
    }

    [Fact]
    public async Task A_killed_keeper_fails_the_sandbox_and_its_instance_is_ended_by_the_next_look()
    {
        await using var host = new StandInHost();
        await host.OkAsync("create", "demo", "--backend", "WindowsSandbox");
        Kill(Keeper(host));
        JsonElement sandbox = Assert.Single(await host.ListAsync());
        Assert.Equal("Failed", sandbox.GetProperty("State").GetString());
        Assert.Contains("keeper was killed", sandbox.GetProperty("StateReason").GetString(), StringComparison.Ordinal);
        Assert.Null(host.Instance);
        await host.OkAsync("remove", "demo");
        await host.NothingIsLeftAsync();
    }

    [Fact]
    public async Task A_creator_that_is_killed_half_way_leaves_nothing_in_the_end()
    {
        await using var host = new StandInHost();
        host.Fault("start-takes", "3000");
        using Process creating = host.Start("create", "demo", "--backend", "WindowsSandbox");
        await StandInHost.UntilAsync(() => host.Instance is not null, () => "No instance came.");
        creating.Kill();
        await host.NothingIsLeftAsync();
    }

    [Fact]
    public async Task Creator_and_keeper_killed_half_way_are_cleared_away_by_a_look()
    {
        await using var host = new StandInHost();
        host.Fault("logon-after", "60000");
        using Process creating = host.Start("create", "demo", "--backend", "WindowsSandbox");
        await StandInHost.UntilAsync(() => File.Exists(Path.Combine(host.State, "calls.log")) && host.Calls.Any(c => c.StartsWith("connect", StringComparison.Ordinal)), () => "Nobody connected.");
        creating.Kill();
        Kill(Keeper(host));
        Assert.Empty(await host.ListAsync());
        await host.NothingIsLeftAsync();
    }

    [Fact]
    public async Task A_killed_run_takes_its_sandbox_with_it()
    {
        await using var host = new StandInHost();
        host.Fault("logon-after", "2000");
        using Process running = host.Start("run", "--backend", "WindowsSandbox", "--", "cmd.exe");
        await StandInHost.UntilAsync(() => host.Instance is not null, () => "No instance came.");
        running.Kill();
        await host.NothingIsLeftAsync();
    }

    [Fact]
    public async Task Its_time_removes_it_with_nobody_there()
    {
        await using var host = new StandInHost();
        await host.OkAsync("create", "demo", "--backend", "WindowsSandbox", "--time-to-live", "15s");
        Assert.Contains("--expires", host.Calls.Single(c => c.Contains("agentsandbox-guest.exe", StringComparison.Ordinal)), StringComparison.Ordinal);
        await host.NothingIsLeftAsync();
    }

    [Fact]
    public async Task A_start_that_fails_and_succeeds_late_makes_a_sandbox()
    {
        await using var host = new StandInHost();
        host.Fault("start-late", "3000");
        await host.OkAsync("create", "demo", "--backend", "WindowsSandbox");
        Assert.Single(host.Calls, c => c.StartsWith("start", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("start-says", "Windows-Sandbox wurde gestartet.")]
    [InlineData("start-list", "1")]
    public async Task Odd_answers_to_start_are_resolved(string fault, string value)
    {
        await using var host = new StandInHost();
        host.Fault(fault, value);
        await host.OkAsync("create", "demo", "--backend", "WindowsSandbox");
    }

    [Theory]
    [InlineData("connect-exit", "3", SandboxErrorId.StartFailed)]
    [InlineData("exec-fails", "0x80070002", SandboxErrorId.StartFailed)]
    [InlineData("list-says", "Es sind keine Umgebungen vorhanden.", SandboxErrorId.BackendNotAvailable)]
    [InlineData("version-exit", "1", SandboxErrorId.BackendNotAvailable)]
    public async Task A_failure_is_an_error_and_leaves_nothing(string fault, string value, string errorId)
    {
        await using var host = new StandInHost();
        host.Fault(fault, value);
        await host.FailAsync(errorId, "create", "demo", "--backend", "WindowsSandbox");
        host.Fault(fault, null);
        await host.NothingIsLeftAsync();
    }

    [Fact]
    public async Task An_instance_that_somebody_else_opened_is_named_and_stays()
    {
        await using var host = new StandInHost();
        const string Foreign = "00000000-0000-0000-0000-000000000001";
        Assert.Equal(0, (await host.WsbAsync("start", "--id", Foreign, "--raw")).ExitCode);
        Assert.Contains("not this product's", await host.FailAsync(SandboxErrorId.SandboxInstanceInUse, "create", "demo", "--backend", "WindowsSandbox"), StringComparison.Ordinal);
        Assert.Equal(Foreign, host.Instance);
        Assert.Empty(await host.ListAsync());
    }

    [Fact]
    public async Task A_window_that_is_closed_fails_the_sandbox()
    {
        await using var host = new StandInHost();
        await host.OkAsync("create", "demo", "--backend", "WindowsSandbox");
        await host.WsbAsync("stop", "--id", host.Instance!, "--raw");
        await FailsAsync(host, "window was closed");
    }

    [Fact]
    public async Task A_guest_that_breaks_the_bounds_of_its_folder_is_ended()
    {
        await using var host = new StandInHost();
        await host.OkAsync("create", "demo", "--backend", "WindowsSandbox");
        string up = Assert.Single(Directory.EnumerateDirectories(host.Sandboxes, "up", SearchOption.AllDirectories));
        File.CreateSymbolicLink(Path.Combine(up, "0123456789abcdef"), "/etc");
        await FailsAsync(host, "broke the bounds");
        Assert.Null(host.Instance);
        Assert.False(Directory.Exists(up));
    }

    private static async Task FailsAsync(StandInHost host, string reason)
    {
        JsonElement sandbox = default;
        for (int i = 0; i < 60 && (sandbox = Assert.Single(await host.ListAsync())).GetProperty("State").GetString() == "Running"; i++)
        {
            await Task.Delay(500);
        }

        Assert.Equal("Failed", sandbox.GetProperty("State").GetString());
        Assert.Contains(reason, sandbox.GetProperty("StateReason").GetString(), StringComparison.Ordinal);
        await host.OkAsync("remove", "demo");
        await host.NothingIsLeftAsync();
    }

    private static int Keeper(StandInHost host) => host.Processes().Single(id => CommandLineOf(id).Contains("keep-windows-sandbox", StringComparison.Ordinal));

    private static string CommandLineOf(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/cmdline");
        }
        catch (IOException)
        {
            return ""; // It ended while it was looked at.
        }
    }

    private static void Kill(int id)
    {
        using var process = Process.GetProcessById(id);
        CommandLineProgram.Signal(process, SIGKILL);
        Assert.True(process.WaitForExit(10_000));
    }
}
