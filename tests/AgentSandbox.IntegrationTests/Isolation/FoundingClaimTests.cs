using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using AgentSandbox.IntegrationTests.Behaviour;

namespace AgentSandbox.IntegrationTests.Isolation;

/// <summary>
/// What the articles behind this product claim of chroot and systemd-nspawn, each shown with the commands that a reader would type, in our own backends.
/// No probe has a part in it.
/// </summary>
public sealed class FoundingClaimTests : IAsyncLifetime, IAsyncDisposable
{
    private readonly SandboxHost _host = new();
    private readonly List<Process> _processes = [];

    [Fact]
    public async Task Ls_proc_in_a_chroot_shows_the_hosts_processes()
    {
        (Process process, string token) = StartOnHost();
        CommandResult result = await RunAsync("Chroot", null, "ls /proc; tr '\\0' ' ' < /proc/" + Text(process.Id) + "/cmdline");
        Assert.Contains(Text(process.Id), result.StandardOutput.Split('\n'));
        Assert.Contains(Text(Environment.ProcessId), result.StandardOutput.Split('\n'));
        Assert.Contains(token, result.StandardOutput, StringComparison.Ordinal); // with their arguments
    }

    [Fact]
    public async Task Ls_proc_in_nspawn_shows_only_its_own_processes()
    {
        (_, string token) = StartOnHost();
        CommandResult result = await RunAsync("Nspawn", "root", "ls /proc; echo --; cat /proc/[0-9]*/cmdline | tr '\\0' ' '");
        string[] parts = result.StandardOutput.Split("--\n");
        int[] seen = [.. parts[0].Split('\n').Where(name => name.Length > 0 && name.All(char.IsAsciiDigit)).Select(name => int.Parse(name, CultureInfo.InvariantCulture)).Order()];

        // The guest is the first process; the shell and ls are what was asked for, and this machine's own are hundreds of numbers away.
        Assert.Equal(1, seen[0]);
        Assert.InRange(seen.Length, 2, 4);
        Assert.Contains("agentsandbox-guest", parts[1], StringComparison.Ordinal);
        Assert.DoesNotContain(token, parts[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Chroot", true)]
    [InlineData("Nspawn", false)]
    public async Task Root_in_a_chroot_walks_out_and_root_in_nspawn_does_not(string backend, bool walksOut)
    {
        string folder = Directory.CreateTempSubdirectory("agentsandbox-claim-").FullName;
        try
        {
            string secret = Guid.NewGuid().ToString("N");
            await File.WriteAllTextAsync(Path.Combine(folder, "secret"), secret);
            string line = $"cat {folder}/secret 2>/dev/null && exit 9; perl -e 'mkdir \"/tmp/x\"; chroot \"/tmp/x\" or print \"refused: $!\\n\"; chdir \"..\" for 1..64; chroot \".\"; exec \"cat\", \"{folder}/secret\"'";
            CommandResult result = await RunAsync(backend, "root", line);
            Assert.True(result.StandardOutput.Contains(secret, StringComparison.Ordinal) == walksOut, result.StandardOutput + result.StandardError);
            Assert.True(result.StandardOutput.Contains("refused: ", StringComparison.Ordinal) != walksOut, result.StandardOutput + result.StandardError);
            Assert.True(result.ExitCode == 0 == walksOut, result.StandardOutput + result.StandardError); // 9: it could be read without a walk
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_chroot_process_can_signal_the_hosts_processes()
    {
        (Process process, _) = StartOnHost();
        CommandResult ordinary = await RunAsync("Chroot", null, "kill -9 " + Text(process.Id));
        Assert.Contains("not permitted", ordinary.StandardError, StringComparison.OrdinalIgnoreCase); // It is seen; the user's number alone protects it.
        Assert.False(process.HasExited);

        CommandResult root = await RunAsync("Chroot", "root", "kill -9 " + Text(process.Id));
        Assert.True(root.ExitCode == 0, root.StandardError);
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(128 + 9, process.ExitCode);
    }

    [Fact]
    public async Task An_nspawn_process_can_not_signal_the_hosts_processes()
    {
        (Process process, _) = StartOnHost();
        CommandResult result = await RunAsync("Nspawn", "root", "kill -9 " + Text(process.Id));
        Assert.Contains("no such process", result.StandardError, StringComparison.OrdinalIgnoreCase);
        Assert.False(process.HasExited);
    }

    [Theory]
    [InlineData("Chroot", false)]
    [InlineData("Nspawn", true)]
    public async Task The_network_of_nspawn_is_separate_and_that_of_a_chroot_the_hosts(string backend, bool isSeparate)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        string port = Text(((IPEndPoint)listener.LocalEndpoint).Port);
        string line = "readlink /proc/self/ns/net; tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '; "
            + $"perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(PeerAddr => \"127.0.0.1\", PeerPort => {port}, Timeout => 5) ? \"reached\\n\" : \"not reached\\n\"'";
        string[] lines = (await RunAsync(backend, null, line)).StandardOutput.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] ours = [.. (await File.ReadAllLinesAsync("/proc/net/dev")).Skip(2).Select(card => card.Split(':')[0].Trim())];
        Assert.Equal(isSeparate, lines[0] != new FileInfo("/proc/self/ns/net").LinkTarget);
        Assert.Equal(isSeparate ? ["lo"] : ours, lines[1..^1]);
        Assert.Equal(isSeparate ? "not reached" : "reached", lines[^1]);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    /// <summary>xunit 2 calls this one and never that of IAsyncDisposable.</summary>
    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    public async ValueTask DisposeAsync()
    {
        foreach (Process process in _processes)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        await _host.DisposeAsync();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private async Task<CommandResult> RunAsync(string backend, string? user, string line)
    {
        Sandbox sandbox = await _host.CreateAsync(backend, specification => specification with { User = user });
        return await _host.ShellAsync(sandbox, line);
    }

    /// <summary>A process of the host with a random word among its arguments. It waits for the end of its input, so it ends with the test in any case.</summary>
    private (Process Process, string Token) StartOnHost()
    {
        string token = "claim-" + Guid.NewGuid().ToString("N");
        Process process = Process.Start(new ProcessStartInfo("sh", ["-c", "read -r line", token]) { RedirectStandardInput = true })!;
        _processes.Add(process);
        return (process, token);
    }
}
