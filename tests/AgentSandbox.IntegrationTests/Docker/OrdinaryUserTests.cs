using System.Diagnostics;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Endpoint;
using AgentSandbox.State;

namespace AgentSandbox.IntegrationTests.Docker;

/// <summary>Whoever may use the engine may use its backends; root is needed for this machine's own sandboxes only.</summary>
public sealed class OrdinaryUserTests : IAsyncLifetime
{
    private static readonly DockerEndpoint s_endpoint = DockerEndpointResolver.Resolve();
    private readonly string _folder = Directory.CreateTempSubdirectory("agsb-user-").FullName;
    private string _image = "";

    public async Task InitializeAsync()
    {
        _image = await TestImages.BusyboxAsync(s_endpoint);
        foreach (string program in new[] { "agentsandbox", "agentsandbox-guest" })
        {
            File.Copy(Path.Combine(Programs.Folder, program), Path.Combine(_folder, program));
        }

        Directory.CreateDirectory(Path.Combine(_folder, "state"));
        Images.ImageTestStore.Run("chmod", "-R", "a+rX", _folder);
        Images.ImageTestStore.Run("chown", "1234:1234", Path.Combine(_folder, "state"));
    }

    public async Task DisposeAsync()
    {
        await RunAsync("remove", "--force", "mine");
        await TestImages.RemoveAsync(s_endpoint, _image);
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_sandbox_of_an_engine_needs_no_root()
    {
        Assert.Equal((0, "made by nobody special\n", ""), await RunAsync("run", "--backend", "docker", "--image", _image, "--", "echo", "made by nobody special"));
        Assert.Equal((0, "mine\n", ""), await RunAsync("create", "mine", "--backend", "docker", "--image", _image, "--time-to-live", "10m"));
        Assert.Contains(Keepers(), k => k.Contains(_folder, StringComparison.Ordinal));
        Assert.Equal((0, "65532\n", ""), await RunAsync("exec", "mine", "--", "id", "-u"));
        (int code, string list, _) = await RunAsync("list");
        Assert.Equal(0, code);
        Assert.Contains("mine", list, StringComparison.Ordinal);
        Assert.Equal((0, ""), ((await RunAsync("remove", "mine")) is var (removed, _, error) ? (removed, error) : default));
        for (int i = 0; i < 200 && Keepers().Any(k => k.Contains(_folder, StringComparison.Ordinal)); i++)
        {
            await Task.Delay(50);
        }

        Assert.DoesNotContain(Keepers(), k => k.Contains(_folder, StringComparison.Ordinal)); // It ends with its container, whoever it runs as.
    }

    [Fact]
    public async Task What_needs_root_says_so_and_what_to_do_without()
    {
        (int code, _, string error) = await RunAsync("run", "--backend", "nspawn", "--", "true");
        Assert.Equal(125, code);
        Assert.Contains("error RootRequired", error, StringComparison.Ordinal);
    }

    private static List<string> Keepers()
    {
        var found = new List<string>();
        foreach (Process process in Process.GetProcessesByName("agentsandbox"))
        {
            using (process)
            {
                string file = $"/proc/{process.Id}/cmdline";
                string line = File.Exists(file) ? File.ReadAllText(file).Replace('\0', ' ') : "";
                if (line.Contains("keep-container", StringComparison.Ordinal))
                {
                    found.Add(line);
                }
            }
        }

        return found;
    }

    private async Task<(int ExitCode, string Output, string Error)> RunAsync(params string[] arguments)
    {
        string socket = s_endpoint.Address["unix://".Length..];
        using Process stat = Process.Start(new ProcessStartInfo("stat", ["-c", "%g", "-L", socket]) { RedirectStandardOutput = true })!;
        string group = (await stat.StandardOutput.ReadToEndAsync()).Trim();
        using Process process = Process.Start(new ProcessStartInfo("setpriv", ["--reuid", "1234", "--regid", "1234", "--groups", group, Path.Combine(_folder, "agentsandbox"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { [SandboxHome.EnvironmentVariable] = Path.Combine(_folder, "state"), ["AGENTSANDBOX_PROGRAMS"] = _folder },
        })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, output, await error);
    }
}
