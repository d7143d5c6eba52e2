using System.Text.Json;

namespace AgentSandbox.IntegrationTests.CommandLine;

public class ReportTests
{
    [Fact]
    public async Task A_life_from_create_to_remove()
    {
        await using var program = new CommandLineProgram();
        JsonElement created = await program.JsonAsync("create", "box", "--json", "--memory", "512MB", "--time-to-live", "1h");
        Assert.Equal(("box", "Running", 512 << 20), (created.GetProperty("Name").GetString(), created.GetProperty("State").GetString(), created.GetProperty("Limits").GetProperty("Memory").GetInt64()));
        Assert.Equal(typeof(Sandbox).GetProperties().Select(p => p.Name).Order(), created.EnumerateObject().Select(p => p.Name).Order());
        Assert.NotEqual(JsonValueKind.Null, created.GetProperty("Expires").ValueKind);

        await program.OkAsync("exec", "box", "--", "sh", "-c", "echo kept > /var/tmp/file");
        Assert.Equal("box", await program.OkAsync("stop", "box"));
        Assert.Equal("Stopped", (await program.JsonAsync("list", "--json"))[0].GetProperty("State").GetString());
        ProgramResult notRunning = await program.RunAsync("exec", "box", "--", "id");
        Assert.Equal(125, notRunning.ExitCode);
        Assert.Contains("error SandboxNotRunning:", notRunning.ErrorText, StringComparison.Ordinal);
        Assert.Equal("Running", (await program.JsonAsync("start", "--json", "box"))[0].GetProperty("State").GetString());
        Assert.Equal("kept", await program.OkAsync("exec", "box", "--", "cat", "/var/tmp/file"));

        JsonElement removed = await program.JsonAsync("remove", "--json", created.GetProperty("Id").GetString()!);
        Assert.Equal("box", removed[0].GetProperty("Name").GetString());
        Assert.Equal(0, (await program.JsonAsync("list", "--json")).GetArrayLength());
    }

    [Fact]
    public async Task Lists_can_be_narrowed()
    {
        await using var program = new CommandLineProgram();
        string id = (await program.JsonAsync("create", "test-a", "--json")).GetProperty("Id").GetString()!;
        await program.OkAsync("create", "other");
        await program.OkAsync("stop", "other");
        Assert.Equal(["test-a"], await NamesAsync("TEST-*"));
        Assert.Equal(["test-a"], await NamesAsync("--id", id));
        Assert.Equal(["other"], await NamesAsync("--state", "stopped"));
        Assert.Equal(["other", "test-a"], await NamesAsync("*e*"));
        Assert.Empty(await NamesAsync("no-such"));
        Assert.Equal(125, (await program.RunAsync("list", "--state", "1")).ExitCode);
        Assert.Matches("^NAME +ID +BACKEND +STATE .*\nother +[0-9a-f]{12} ", await program.OkAsync("list"));

        async Task<string[]> NamesAsync(params string[] args) => [.. (await program.JsonAsync(["list", "--json", .. args])).EnumerateArray().Select(s => s.GetProperty("Name").GetString()!)];
    }

    [Fact]
    public async Task One_bad_name_does_not_keep_the_others_from_being_removed()
    {
        await using var program = new CommandLineProgram();
        await program.OkAsync("create", "a");
        await program.OkAsync("create", "b");
        ProgramResult result = await program.RunAsync("remove", "a", "no-such", "b");
        Assert.Equal((125, "a\nb\n"), (result.ExitCode, result.OutputText));
        Assert.Contains("error SandboxNotFound:", result.ErrorText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_is_made_up_and_a_taken_one_is_refused()
    {
        await using var program = new CommandLineProgram();
        string name = await program.OkAsync("create");
        Assert.NotEqual("", name);
        ProgramResult result = await program.RunAsync("create", name.ToUpperInvariant());
        Assert.Equal(125, result.ExitCode);
        Assert.Contains("error NameInUse:", result.ErrorText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_backend_that_is_no_boundary_says_so_once_and_only_on_standard_error()
    {
        await using var program = new CommandLineProgram();
        ProgramResult result = await program.RunAsync("create", "jail", "--backend", "chroot");
        Assert.Equal((0, "jail\n"), (result.ExitCode, result.OutputText));
        Assert.StartsWith("agentsandbox: warning: ", result.ErrorText, StringComparison.Ordinal);
        Assert.Equal("", (await program.RunAsync("exec", "jail", "--", "true")).ErrorText);
    }

    [Fact]
    public async Task Backends_and_images_are_lists_with_the_objects_property_names()
    {
        await using var program = new CommandLineProgram();
        JsonElement[] backends = [.. (await program.JsonAsync("backends", "--json")).EnumerateArray()];
        Assert.Equal(typeof(BackendInfo).GetProperties().Select(p => p.Name).Order(), backends[0].EnumerateObject().Select(p => p.Name).Order());
        // What needs Windows no Linux machine has.
        Assert.All(backends, b => Assert.True(b.GetProperty("Available").GetBoolean() == (b.GetProperty("Name").GetString() is not ("HyperV" or "WindowsSandbox" or "Wsl")), b.ToString()));
        Assert.Contains(backends, b => b.GetProperty("SecurityBoundary").GetBoolean());
        Assert.Contains((await program.JsonAsync("images", "--json")).EnumerateArray(), i => i.GetProperty("Name").GetString() == "host");
        Assert.StartsWith("NAME", await program.OkAsync("images"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Checkpoints_are_taken_listed_restored_and_deleted_and_a_sandbox_is_cloned()
    {
        await using var program = new CommandLineProgram();
        await program.OkAsync("create", "box");
        await program.OkAsync("exec", "box", "--", "sh", "-c", "echo one > /var/tmp/file");
        JsonElement taken = await program.JsonAsync("checkpoint", "box", "before", "--json");
        Assert.Equal(typeof(SandboxCheckpoint).GetProperties().Select(p => p.Name).Order(), taken.EnumerateObject().Select(p => p.Name).Order());
        Assert.Equal("later", await program.OkAsync("checkpoint", "box", "later"));
        Assert.Equal("other", await program.OkAsync("clone", "box", "other"));
        await program.OkAsync("exec", "box", "--", "sh", "-c", "echo two > /var/tmp/file");
        ProgramResult running = await program.RunAsync("restore", "box", "before");
        Assert.Equal(125, running.ExitCode);
        Assert.Contains("error SandboxRunning:", running.ErrorText, StringComparison.Ordinal);
        Assert.Equal("Running", (await program.JsonAsync("restore", "box", "before", "--force", "--json")).GetProperty("State").GetString());
        Assert.Equal("one", await program.OkAsync("exec", "box", "--", "cat", "/var/tmp/file"));
        Assert.Equal("one", await program.OkAsync("exec", "other", "--", "cat", "/var/tmp/file"));
        Assert.Equal(2, (await program.JsonAsync("checkpoints", "box", "--json")).GetArrayLength());
        Assert.DoesNotContain("later", await program.OkAsync("checkpoints", "box", "--remove", "later"), StringComparison.Ordinal);
        Assert.Contains("error CheckpointExists:", (await program.RunAsync("checkpoint", "box", "before")).ErrorText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_and_folders_are_copied_both_ways()
    {
        await using var program = new CommandLineProgram();
        await program.OkAsync("create", "box");
        string source = Directory.CreateDirectory(Path.Combine(program.Home, "src", "sub")).Parent!.FullName;
        byte[] bytes = new byte[300_000];
        new Random(1).NextBytes(bytes);
        await File.WriteAllBytesAsync(Path.Combine(source, "sub", "a:b é"), bytes);
        await program.OkAsync("copy", source, "box:/var/tmp/");
        Assert.Equal("/var/tmp/src/sub/a:b é", await program.OkAsync("exec", "box", "--", "find", "/var/tmp/src", "-type", "f"));
        string back = Directory.CreateDirectory(Path.Combine(program.Home, "back")).FullName;
        JsonElement result = await program.JsonAsync("copy", "--json", "box:/var/tmp/src", back);
        Assert.Equal(bytes.Length, result.GetProperty("Bytes").GetInt64());
        Assert.Equal(bytes, await File.ReadAllBytesAsync(Path.Combine(back, "src", "sub", "a:b é")));
    }

    [Theory]
    [InlineData("UsageError", "/etc/passwd", "/tmp/x")]
    [InlineData("UsageError", "a:/x", "b:/y")]
    [InlineData("UsageError", "/etc/passwd", "box:")]
    [InlineData("SandboxNotFound", "/etc/passwd", "no-such:/x")]
    [InlineData("CopyPathNotFound", "/no/such/file", "box:/tmp/")]
    [InlineData("CopyPathNotFound", "box:/no/such/file", "/tmp/")]
    public async Task A_copy_that_can_not_be_says_why(string errorId, string source, string destination)
    {
        await using var program = new CommandLineProgram();
        await program.OkAsync("create", "box");
        ProgramResult result = await program.RunAsync("copy", "--json", source, destination);
        Assert.Equal((125, errorId), (result.ExitCode, JsonDocument.Parse(result.Error).RootElement.GetProperty("ErrorId").GetString()));
    }

    [Fact]
    public async Task Probes_tell_a_boundary_from_none()
    {
        await using var program = new CommandLineProgram();
        Assert.Equal("Isolated", await VerdictAsync("nspawn"));
        Assert.Equal("Exposed", await VerdictAsync("chroot"));
        Assert.Equal(0, (await program.JsonAsync("list", "--json")).GetArrayLength());
        ProgramResult unknown = await program.RunAsync("test", "--probe", "no-such");
        Assert.Equal(125, unknown.ExitCode);
        Assert.Contains("error ProbeNotFound:", unknown.ErrorText, StringComparison.Ordinal);

        async Task<string?> VerdictAsync(string backend)
        {
            JsonElement results = await program.JsonAsync("test", "--backend", backend, "--probe", "process.host-visible", "--json");
            return Assert.Single(results.EnumerateArray()).GetProperty("Verdict").GetString();
        }
    }

    [Fact]
    public async Task A_reader_that_goes_is_no_error()
    {
        await using var program = new CommandLineProgram();
        ProgramResult result = await program.BashAsync("\"$agentsandbox\" --help > >(exec true); sleep 0.1; (sleep 0.2; \"$agentsandbox\" --help) | true; echo ${PIPESTATUS[0]}");
        Assert.EndsWith("141\n", result.OutputText, StringComparison.Ordinal);
        Assert.Equal("", result.ErrorText);
    }

    [Fact]
    public async Task Who_is_not_root_is_told_so()
    {
        await using var program = new CommandLineProgram();
        ProgramResult result = await program.BashAsync("setpriv --reuid 65534 --regid 65534 --clear-groups env AGENTSANDBOX_HOME=/nonexistent \"$agentsandbox\" run -- id");
        Assert.Equal(125, result.ExitCode);
        Assert.Contains("error RootRequired:", result.ErrorText, StringComparison.Ordinal);
    }
}
