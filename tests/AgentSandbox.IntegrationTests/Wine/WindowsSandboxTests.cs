using System.Diagnostics;
using System.Text.Json;
using AgentSandbox.IntegrationTests.WindowsGuest;

namespace AgentSandbox.IntegrationTests.Wine;

/// <summary>
/// <c>agentsandbox.exe</c> with <c>-Backend WindowsSandbox</c> under Wine, over a stand-in <c>wsb.exe</c>: the guest of Windows Sandbox runs commands in
/// job objects and copies, and the mapped folders are where the configuration puts them.
/// </summary>
[Collection(WineCollection.Name)]
public sealed class WindowsSandboxTests : IDisposable
{
    private static readonly string s_program = Path.Combine(Programs.Folder, "win-x64", "agentsandbox.exe");
    private static readonly string s_standIn = Path.GetFullPath(Path.Combine(Programs.Folder, "..", "stand-ins", "wsb.exe"));
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(4);

    private readonly WineMachine _machine;
    private readonly string _folder = Directory.CreateTempSubdirectory("agentsandbox-wine-wsb-").FullName;
    private readonly Dictionary<string, string> _environment;

    public WindowsSandboxTests(WineMachine machine)
    {
        _machine = machine;
        Assert.True(File.Exists(s_program), $"Build {s_program}: dotnet build src/AgentSandbox.WindowsHost -c Release");
        Assert.True(File.Exists(s_standIn), $"Build {s_standIn}: dotnet build tests/StandIns/AgentSandbox.StandIn.Wsb.Windows -c Release");
        _environment = new Dictionary<string, string>
        {
            ["AGENTSANDBOX_HOME"] = @"C:\state-" + Path.GetFileName(_folder)[^6..],
            ["AGENTSANDBOX_PROGRAMS"] = WineMachine.WindowsPath(WineGuest.WineFolder),
            ["AGENTSANDBOX_WSB"] = WineMachine.WindowsPath(s_standIn),
            ["AGENTSANDBOX_WSB_STATE"] = WineMachine.WindowsPath(StandInState),
            ["AGENTSANDBOX_WSB_PREFIX"] = Path.GetDirectoryName(machine.DriveC)!,
            ["WINEDLLOVERRIDES"] = "winedbg.exe=d;mshtml=", // With mscoree: the guest for Wine is many managed files, which its loader wants it for.
        };
    }

    private string StandInState => Path.Combine(_folder, "state");

    private string Sandboxes => Path.Combine(_machine.DriveC, _environment["AGENTSANDBOX_HOME"][3..], "lib", "windows-sandbox", "lib", "sandboxes");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>The stand-in runs its guest on this very machine and enforces no mapping: every boundary that has a canary is open, and has to be found open.</summary>
    [Fact]
    public async Task Isolation_is_measured_in_an_instance_and_openings_are_found()
    {
        JsonElement[] results = [.. JsonDocument.Parse((await OkAsync("test", "--backend", "WindowsSandbox", "--json")).Output).RootElement.EnumerateArray()];
        foreach ((string id, string observer) in new[] { ("wsb.host-path", "GuestProof"), ("wsb.processes", "GuestProof"), ("wsb.mapped-folders", "Host") })
        {
            JsonElement result = Assert.Single(results, r => r.GetProperty("Id").GetString() == id);
            Assert.Equal((id, "Exposed", observer), (id, result.GetProperty("Verdict").GetString(), result.GetProperty("ObservedBy").GetString()));
        }

        Assert.All(results.Where(r => r.GetProperty("Id").GetString()!.StartsWith("kernel.", StringComparison.Ordinal)), r => Assert.Equal("NotApplicable", r.GetProperty("Verdict").GetString()));
        Assert.Equal(0, JsonDocument.Parse((await OkAsync("list", "--json")).Output).RootElement.GetArrayLength());
        await UntilAsync(() => !Running("agentsandbox-guest.exe").Any(), "The guest lives on.");
    }

    [Fact]
    public async Task Agentsandbox_exe_creates_runs_streams_copies_times_out_and_removes()
    {
        string work = Directory.CreateDirectory(Path.Combine(_folder, "work")).FullName;
        File.WriteAllText(Path.Combine(work, "input.txt"), "from the host");
        await OkAsync("create", "demo", "--backend", "WindowsSandbox", "--mount", $@"{WineMachine.WindowsPath(work)}:C:\work:rw", "--mount", $@"{WineMachine.WindowsPath(Path.Combine(WineGuest.WineFolder, "test-program"))}:C:\tests");
        JsonElement sandbox = Assert.Single(JsonDocument.Parse((await OkAsync("list", "--json")).Output).RootElement.EnumerateArray());
        Assert.Equal("Running", sandbox.GetProperty("State").GetString());

        // Exit code, and two streams that stay apart.
        WineResult both = await RunAsync(null, "exec", "demo", "--", "cmd.exe", "/c", "echo out& echo err 1>&2& exit 3");
        Assert.Equal((3, "out"), (both.ExitCode, both.Output.Trim()));
        Assert.Equal("err", both.Error.Trim());

        // Standard input and output: bytes as they are, more than a window's worth.
        byte[] bytes = new byte[3 << 20];
        new Random(1).NextBytes(bytes);
        WineResult streamed = await RunAsync(bytes, "exec", "demo", "--", @"C:\tests\test-program.exe", "copy");
        Assert.Equal(0, streamed.ExitCode);
        Assert.True(bytes.AsSpan().SequenceEqual(streamed.OutputBytes));

        // Folders that are mapped.
        Assert.Equal("from the host", (await OkAsync("exec", "demo", "--", "cmd.exe", "/c", @"type C:\work\input.txt")).Output.Trim());
        await OkAsync("exec", "demo", "--", "cmd.exe", "/c", @"echo from inside> C:\work\output.txt");
        Assert.Equal("from inside", File.ReadAllText(Path.Combine(work, "output.txt")).Trim());

        // A time-out ends the whole tree.
        WineResult late = await RunAsync(null, "exec", "--timeout", "5", "demo", "--", @"C:\tests\test-program.exe", "tree", "2");
        Assert.Equal(124, late.ExitCode);
        Assert.NotEmpty(late.Output);
        await UntilAsync(() => !Running("test-program.exe").Any(), "The tree lives on.");

        await CopiesAsync();

        WineResult second = await RunAsync(null, "create", "second", "--backend", "WindowsSandbox");
        Assert.Contains($"error {SandboxErrorId.SandboxInstanceInUse}:", second.Error, StringComparison.Ordinal);
        Assert.Contains("'demo'", second.Error, StringComparison.Ordinal);

        await OkAsync("remove", "demo");
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task A_throw_away_sandbox_gives_its_commands_exit_code_and_leaves_nothing()
    {
        WineResult result = await RunAsync(null, "run", "--backend", "WindowsSandbox", "--", "cmd.exe", "/c", "echo hello& exit 5");
        Assert.Equal((5, "hello"), (result.ExitCode, result.Output.Trim()));
        await NothingIsLeftAsync();
    }

    [Fact]
    public async Task A_guest_that_floods_its_folder_is_ended_by_the_keeper()
    {
        await OkAsync("create", "demo", "--backend", "WindowsSandbox");
        await RunAsync(null, "exec", "demo", "--", "cmd.exe", "/c", @"echo x> C:\agentsandbox\up\evil");
        await UntilAsync(() => !File.Exists(Path.Combine(StandInState, "instance.json")), "The instance lives on.");
        JsonElement sandbox = Assert.Single(JsonDocument.Parse((await OkAsync("list", "--json")).Output).RootElement.EnumerateArray());
        Assert.Equal("Failed", sandbox.GetProperty("State").GetString());
        Assert.Contains("broke the bounds", sandbox.GetProperty("StateReason").GetString(), StringComparison.Ordinal);
        await OkAsync("remove", "demo");
        await NothingIsLeftAsync();
    }

    private async Task CopiesAsync()
    {
        string tree = Directory.CreateDirectory(Path.Combine(_folder, "tree", "sub")).Parent!.FullName;
        byte[] bytes = new byte[2_000_000];
        new Random(2).NextBytes(bytes);
        File.WriteAllBytes(Path.Combine(tree, "data.bin"), bytes);
        File.WriteAllText(Path.Combine(tree, "sub", "text.txt"), "text");
        await OkAsync("copy", WineMachine.WindowsPath(tree), @"demo:C:\copied");
        string back = Path.Combine(_folder, "back");
        await OkAsync("copy", @"demo:C:\copied", WineMachine.WindowsPath(back));
        Assert.Equal(bytes, File.ReadAllBytes(Path.Combine(back, "data.bin")));
        Assert.Equal("text", File.ReadAllText(Path.Combine(back, "sub", "text.txt")));
        await OkAsync("exec", "demo", "--", "cmd.exe", "/c", @"rmdir /s /q C:\copied"); // The stand-in's drive C: is the machine's own.
    }

    private async Task NothingIsLeftAsync()
    {
        Assert.False(File.Exists(Path.Combine(StandInState, "instance.json")));
        await UntilAsync(() => !Running("agentsandbox-guest.exe").Any() && !Running("keep-windows-sandbox").Any() && !Running("wsb.exe").Any(), "Programs of the sandbox live on.");
        Assert.Empty(Directory.EnumerateFileSystemEntries(Sandboxes));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_machine.DriveC, "agentsandbox")));
    }

    private async Task<WineResult> OkAsync(params string[] arguments)
    {
        WineResult result = await RunAsync(null, arguments);
        Assert.True(result.ExitCode == 0, $"agentsandbox.exe {string.Join(' ', arguments)}: exit code {result.ExitCode}, {result.Error}");
        return result;
    }

    /// <summary>
    /// Runs the program to its end. Not to the end of its standard error: Wine's processes inherit that descriptor whatever Windows' handles say, so a
    /// keeper holds it open. Standard output they do not, and its end is waited for, as a caller on Windows would.
    /// </summary>
    private async Task<WineResult> RunAsync(byte[]? input, params string[] arguments)
    {
        using Process process = _machine.Start(s_program, arguments, _environment);
        using var output = new MemoryStream();
        using var error = new MemoryStream();
        Task reading = process.StandardOutput.BaseStream.CopyToAsync(output);
        Task complaining = process.StandardError.BaseStream.CopyToAsync(error);
        await process.StandardInput.BaseStream.WriteAsync(input ?? []);
        process.StandardInput.Close();
        try
        {
            await process.WaitForExitAsync().WaitAsync(s_patience);
            await reading.WaitAsync(s_patience);
        }
        catch (TimeoutException)
        {
            process.Kill();
            throw new TimeoutException($"'agentsandbox.exe {string.Join(' ', arguments)}' did not end under Wine.");
        }

        await Task.WhenAny(complaining, Task.Delay(500));
        return new WineResult(process.ExitCode, output.ToArray(), error.ToArray());
    }

    /// <summary>Processes of this machine whose command line has a word.</summary>
    private IEnumerable<int> Running(string word)
    {
        foreach (Process process in Process.GetProcesses())
        {
            using (process)
            {
                int id = process.Id;
                if (Read($"/proc/{id}/environ").Contains(_machine.Folder, StringComparison.Ordinal) && Read($"/proc/{id}/cmdline").Contains(word, StringComparison.OrdinalIgnoreCase))
                {
                    yield return id;
                }
            }
        }
    }

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ""; // It has ended.
        }
    }

    private static async Task UntilAsync(Func<bool> condition, string otherwise)
    {
        for (int i = 0; i < 300; i++)
        {
            if (condition())
            {
                return;
            }

            await Task.Delay(100);
        }

        Assert.Fail(otherwise);
    }
}
