using System.Diagnostics;

namespace AgentSandbox.IntegrationTests.Wine;

/// <summary>
/// One run of tests/StandIns/AgentSandbox.WindowsChecks under Wine. Where a check asks for a junction, which Wine can't make, the folder gets a file
/// system of its own mounted on it: that is what Wine shows as a reparse point.
/// </summary>
public sealed class WindowsChecksRun(WineMachine machine) : IAsyncLifetime
{
    private static readonly TimeSpan s_time = TimeSpan.FromMinutes(4);
    private readonly Stack<string> _mounts = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("agentsandbox-checks-").FullName;

    /// <summary>What each check said: "ok", or why it failed.</summary>
    public Dictionary<string, string> Results { get; } = [];

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        string program = Path.Combine(Path.GetDirectoryName(Programs.Folder)!, "stand-ins", "AgentSandbox.WindowsChecks.exe");
        Assert.True(File.Exists(program), $"{program} is missing: build the solution in Release.");
        using Process process = machine.Start(program, [], new Dictionary<string, string> { ["AGENTSANDBOX_CHECKS_FOLDER"] = WineMachine.WindowsPath(_folder) });
        using var time = new CancellationTokenSource(s_time);
        try
        {
            while (await process.StandardOutput.ReadLineAsync(time.Token) is { } line)
            {
                await TakeAsync(line, process.StandardInput);
            }

            await process.WaitForExitAsync(time.Token);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    /// <inheritdoc/>
    public Task DisposeAsync()
    {
        while (_mounts.TryPop(out string? mount))
        {
            Run("umount", mount);
        }

        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    private async Task TakeAsync(string line, StreamWriter input)
    {
        switch (line.Split(' ', 2))
        {
            case ["ok", string name]:
                Results.Add(name, "ok");
                break;
            case ["FAIL", string text]:
                // A name has one colon in it, which stands after its first word.
                int end = text.IndexOf(": ", text.IndexOf(": ", StringComparison.Ordinal) + 2, StringComparison.Ordinal);
                Results.Add(text[..end], text[(end + 2)..]);
                break;
            case ["mount", string paths]:
                string[] parts = paths.Split('|');
                Mount(HostPath(parts[0]), HostPath(parts[1]));
                await input.WriteLineAsync("done");
                await input.FlushAsync();
                break;
            default:
                break;
        }
    }

    /// <summary>Shows a folder at another place too, on a device that is not its parent's: by that Wine tells a mount.</summary>
    private void Mount(string target, string path)
    {
        Dictionary<string, byte[]> files = Directory.GetFiles(target).ToDictionary(f => f, File.ReadAllBytes);
        Run("mount", "-t", "tmpfs", "agentsandbox-check", target);
        _mounts.Push(target);
        foreach ((string file, byte[] content) in files)
        {
            File.WriteAllBytes(file, content);
        }

        Run("mount", "--bind", target, path);
        _mounts.Push(path);
    }

    private static string HostPath(string path) => path["Z:".Length..].Replace('\\', '/');

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
