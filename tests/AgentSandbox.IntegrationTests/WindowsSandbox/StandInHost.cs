using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using AgentSandbox.IntegrationTests.CommandLine;

namespace AgentSandbox.IntegrationTests.WindowsSandbox;

/// <summary>
/// The program <c>agentsandbox</c> with a stand-in <c>wsb.exe</c>: keepers, locks, the file channel and the guest that ships (under Mono) are real, the
/// virtual machine is not. Commands don't run inside, since the guest starts them by Windows' own calls; under Wine they do.
/// </summary>
internal sealed class StandInHost : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("agentsandbox-wsb-").FullName;

    public StandInHost()
    {
        Directory.CreateDirectory(Path.Combine(State, "faults"));

        // The folder of the .NET SDK's facades, which Debian's Mono lacks; and where .NET is, since keepers get none of the caller's environment.
        string dotnet = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", ".."));
        string facades = Directory.EnumerateDirectories(Path.Combine(dotnet, "sdk")).Order(StringComparer.Ordinal).Select(s => Path.Combine(s, "Microsoft", "Microsoft.NET.Build.Extensions", "net461", "lib")).Last(Directory.Exists);
        string program = typeof(StandInHost).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "StandInWsb").Value!;
        File.WriteAllText(Wsb, $"#!/bin/sh\nexport DOTNET_ROOT='{dotnet}' AGENTSANDBOX_WSB_STATE='{State}' AGENTSANDBOX_WSB_MONO_PATH='{facades}'\nexec '{program}' \"$@\"\n");
        File.SetUnixFileMode(Wsb, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Folder of the stand-in's state.</summary>
    public string State => Path.Combine(_folder, "state");

    /// <summary>Folder of all sandboxes.</summary>
    public string Sandboxes => Path.Combine(_folder, "home", "lib", "windows-sandbox", "lib", "sandboxes");

    /// <summary>The calls that the stand-in got.</summary>
    public string[] Calls => File.ReadAllLines(Path.Combine(State, "calls.log"));

    /// <summary>Id of the instance there is, or null.</summary>
    public string? Instance => File.Exists(Path.Combine(State, "instance.json")) ? JsonDocument.Parse(File.ReadAllBytes(Path.Combine(State, "instance.json"))).RootElement.GetProperty("Id").GetString() : null;

    private string Wsb => Path.Combine(_folder, "wsb");

    /// <summary>Tells the stand-in to fail, or no longer to.</summary>
    public void Fault(string name, string? value = "1")
    {
        string file = Path.Combine(State, "faults", name);
        if (value is null)
        {
            File.Delete(file);
        }
        else
        {
            File.WriteAllText(file, value);
        }
    }

    /// <summary>Starts the program.</summary>
    public Process Start(params string[] arguments) => Start(Path.Combine(Programs.Folder, "agentsandbox"), arguments);

    /// <summary>Runs the program to its end.</summary>
    public Task<ProgramResult> RunAsync(params string[] arguments) => RunAsync(Start(arguments));

    /// <summary>Runs the stand-in itself, as somebody else would.</summary>
    public Task<ProgramResult> WsbAsync(params string[] arguments) => RunAsync(Start(Wsb, arguments));

    /// <summary>Runs the program, which has to succeed.</summary>
    public async Task<string> OkAsync(params string[] arguments)
    {
        ProgramResult result = await RunAsync(arguments);
        Assert.True(result.ExitCode == 0, $"agentsandbox {string.Join(' ', arguments)}: exit code {result.ExitCode}, {result.ErrorText}");
        return result.OutputText.TrimEnd('\n');
    }

    /// <summary>Runs the program, which has to fail with an error.</summary>
    public async Task<string> FailAsync(string errorId, params string[] arguments)
    {
        ProgramResult result = await RunAsync(arguments);
        Assert.Contains($"error {errorId}:", result.ErrorText, StringComparison.Ordinal);
        Assert.NotEqual(0, result.ExitCode);
        return result.ErrorText;
    }

    /// <summary>The sandboxes there are.</summary>
    public async Task<JsonElement[]> ListAsync() => [.. JsonDocument.Parse(await OkAsync("list", "--json")).RootElement.EnumerateArray()];

    /// <summary>Processes that belong to this host, by their environment: the stand-in, what runs "inside", keepers.</summary>
    public IReadOnlyList<int> Processes() =>
        [.. Directory.EnumerateDirectories("/proc").Select(p => int.TryParse(Path.GetFileName(p), out int id) ? id : 0).Where(id => id > 0 && Belongs(id))];

    /// <summary>Waits until nothing of any sandbox is left.</summary>
    public async Task NothingIsLeftAsync()
    {
        await UntilAsync(() => Processes().Count == 0 && Instance is null, () => $"Processes: {string.Join(", ", Processes())}; instance: {Instance}");
        Assert.DoesNotContain(await ListAsync(), _ => true);
        Assert.Empty(Directory.Exists(Sandboxes) ? Directory.EnumerateFileSystemEntries(Sandboxes) : []);
    }

    /// <summary>Waits until something is so.</summary>
    public static async Task UntilAsync(Func<bool> condition, Func<string> what)
    {
        for (int i = 0; i < 600; i++)
        {
            if (condition())
            {
                return;
            }

            await Task.Delay(100);
        }

        Assert.Fail($"It did not become so within a minute. {what()}");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (string file in Directory.EnumerateFiles(Path.Combine(State, "faults")))
        {
            File.Delete(file);
        }

        foreach (JsonElement sandbox in await ListAsync())
        {
            await OkAsync("remove", sandbox.GetProperty("Id").GetString()!);
        }

        if (Instance is { } foreign)
        {
            await WsbAsync("stop", "--id", foreign, "--raw");
        }

        await UntilAsync(() => Processes().Count == 0, () => $"Processes: {string.Join(", ", Processes())}");
        Directory.Delete(_folder, recursive: true);
    }

    private bool Belongs(int id)
    {
        try
        {
            return id != Environment.ProcessId && File.ReadAllText($"/proc/{id}/environ").Contains(_folder, StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // It has ended.
        }
    }

    private Process Start(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["AGENTSANDBOX_HOME"] = Path.Combine(_folder, "home");
        start.Environment["AGENTSANDBOX_WSB"] = Wsb;
        start.Environment["AGENTSANDBOX_PROGRAMS"] = Programs.Folder; // Wherever the program itself is linked from.
        return Process.Start(start)!;
    }

    private static async Task<ProgramResult> RunAsync(Process process)
    {
        using (process)
        {
            process.StandardInput.Close();
            Task<byte[]> output = CommandLineProgram.ReadAsync(process.StandardOutput.BaseStream);
            Task<byte[]> error = CommandLineProgram.ReadAsync(process.StandardError.BaseStream);
            await CommandLineProgram.WaitAsync(process);
            return new ProgramResult(process.ExitCode, await output, await error);
        }
    }
}
