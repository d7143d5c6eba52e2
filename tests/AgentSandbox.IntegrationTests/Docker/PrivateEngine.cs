using System.Diagnostics;
using System.Text.Json;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Endpoint;

namespace AgentSandbox.IntegrationTests.Docker;

/// <summary>
/// A dockerd of the test's own, which can be stopped, killed and started again without harm to anybody. Its data is on btrfs, so it has disk quotas.
/// Disposing ends it and takes everything down.
/// </summary>
internal sealed class PrivateEngine : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("agsb-dk-").FullName;
    private Process? _process;

    private PrivateEngine()
    {
    }

    /// <summary>Its Unix socket.</summary>
    public DockerEndpoint Endpoint => new($"unix://{Socket}", null, "test", IsDefault: false);

    /// <summary>The same engine as a machine elsewhere would reach it.</summary>
    public DockerEndpoint RemoteEndpoint { get; private set; } = null!;

    private string Socket => Path.Combine(_folder, "docker.sock");

    private string Data => Path.Combine(_folder, "data");

    private string Log => Path.Combine(_folder, "log");

    public static async Task<PrivateEngine> StartNewAsync()
    {
        var engine = new PrivateEngine();
        try
        {
            Directory.CreateDirectory(engine.Data);
            string disk = Path.Combine(engine._folder, "disk");
            await RunAsync("truncate", "-s", "3G", disk);
            await RunAsync("mkfs.btrfs", "-q", disk);
            await RunAsync("mount", "-o", "loop", disk, engine.Data);
            int port = FreePort();
            engine.RemoteEndpoint = new DockerEndpoint($"tcp://127.0.0.1:{port}", null, "test", IsDefault: false);
            await File.WriteAllTextAsync(Path.Combine(engine._folder, "daemon.json"), $$"""
                {
                  "data-root": {{JsonSerializer.Serialize(engine.Data)}}, "exec-root": "{{engine._folder}}/exec", "pidfile": "{{engine._folder}}/pid",
                  "hosts": ["unix://{{engine.Socket}}", "tcp://127.0.0.1:{{port}}"], "tls": false,
                  "bridge": "none", "iptables": false, "ip6tables": false, "storage-driver": "btrfs",
                  "runtimes": { "runsc": { "path": "/usr/bin/runsc", "runtimeArgs": ["--platform=ptrace", "--network=none"] } }
                }
                """);
            await engine.StartAsync();
            return engine;
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it (again) and waits until it answers.</summary>
    public async Task StartAsync()
    {
        _process = Process.Start("sh", ["-c", "exec dockerd --config-file \"$1/daemon.json\" >>\"$1/log\" 2>&1", "sh", _folder]);
        using var client = new DockerEngine(Endpoint, DockerCliSurroundings.Current);
        for (int i = 0; ; i++)
        {
            try
            {
                await client.PingAsync(CancellationToken.None);
                return;
            }
            catch (SandboxException) when (i < 300 && !_process.HasExited)
            {
                await Task.Delay(100);
            }
            catch (SandboxException e)
            {
                throw new InvalidOperationException($"dockerd did not start: {await File.ReadAllTextAsync(Log)}", e);
            }
        }
    }

    /// <summary>Ends it as a service manager does.</summary>
    public Task StopAsync() => EndAsync("-TERM");

    /// <summary>Ends it with no word.</summary>
    public async Task KillAsync()
    {
        await EndAsync("-KILL");
        await KillProgramsAsync("containerd\0"); // Its own. The containers live on under their shims.
        File.Delete(Path.Combine(_folder, "exec/containerd/containerd.pid")); // Else a new one waits for it, should nobody have reaped it.
    }

    /// <summary>Runs the docker command line against it.</summary>
    public Task<string> DockerAsync(params string[] arguments) => RunAsync("docker", ["-H", $"unix://{Socket}", .. arguments]);

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            await StopAsync();
        }

        // Containers of a killed dockerd live on, and their shims.
        await KillContainersAsync();
        await KillProgramsAsync("containerd");

        foreach (string mount in (await File.ReadAllLinesAsync("/proc/self/mountinfo")).Select(l => l.Split(' ')[4]).Where(m => m.StartsWith(_folder, StringComparison.Ordinal)).Reverse())
        {
            await RunAsync("umount", "-l", mount);
        }

        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Ends what runs in this engine's containers: their ids are in the names of their control groups.</summary>
    private async Task KillContainersAsync()
    {
        string containers = Path.Combine(Data, "containers");
        string[] ids = Directory.Exists(containers) ? [.. Directory.EnumerateDirectories(containers).Select(d => Path.GetFileName(d)!)] : [];
        foreach (Process process in Process.GetProcesses())
        {
            using (process)
            {
                string groups = Read(process, "cgroup");
                if (ids.Any(id => groups.Contains(id, StringComparison.Ordinal)))
                {
                    process.Kill();
                    await process.WaitForExitAsync();
                }
            }
        }
    }

    /// <summary>Ends this engine's helpers whose command line has a text in it.</summary>
    private async Task KillProgramsAsync(string text)
    {
        foreach (Process process in Process.GetProcesses())
        {
            using (process)
            {
                string line = Read(process, "cmdline");
                if (line.Contains(_folder, StringComparison.Ordinal) && line.Contains(text, StringComparison.Ordinal))
                {
                    process.Kill();
                    await process.WaitForExitAsync();
                }
            }
        }
    }

    private static string Read(Process process, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{process.Id}/{file}");
        }
        catch (IOException)
        {
            return ""; // It has ended meanwhile.
        }
    }

    private async Task EndAsync(string signal)
    {
        await RunAsync("kill", signal, _process!.Id.ToString(System.Globalization.CultureInfo.InvariantCulture));
        await _process.WaitForExitAsync();
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program}: {await error}");
    }
}
