using System.Diagnostics;
using System.Globalization;

namespace AgentSandbox.Isolation.Canaries;

/// <summary>
/// A process of the host that the sandbox must not see or reach. Its last argument and its environment hold secrets; it writes down every SIGUSR1.
/// It reads a pipe that this process holds, so it ends when this process does, even by SIGKILL.
/// </summary>
internal sealed class CanaryProcess : IDisposable
{
    // "read" fails both on a signal and at the end of the pipe; the trap's mark tells them apart.
    private const string Script = "trap 'echo hit >> \"$1\"; hit=1' USR1; echo ready; while :; do hit=; read -r _ || [ -n \"$hit\" ] || exit 0; done";

    private readonly Process _process;
    private readonly string _log;

    private CanaryProcess(Process process, string runId, string secret, string environmentSecret, string log)
    {
        EnvironmentSecret = environmentSecret;
        _process = process;
        _log = log;
        Prefix = PrefixOf(runId);
        Secret = secret;
    }

    /// <summary>Its id on the host.</summary>
    public int Id => _process.Id;

    /// <summary>Its last argument starts with this.</summary>
    public string Prefix { get; }

    /// <summary>And ends with this.</summary>
    public string Secret { get; }

    /// <summary>A value of its environment starts with <see cref="Prefix"/> and ends with this.</summary>
    public string EnvironmentSecret { get; }

    /// <summary>How many SIGUSR1 it got.</summary>
    public int Signals => File.ReadAllLines(_log).Length;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Starts it.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="log">Where it writes signals.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The process, with its trap set.</returns>
    /// <exception cref="ProbeFailedException">It does not start.</exception>
    public static async Task<CanaryProcess> StartAsync(string runId, string log, CancellationToken cancellationToken)
    {
        string secret = HostCanaries.NewSecret(), environmentSecret = HostCanaries.NewSecret();
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true, RedirectStandardOutput = true, WorkingDirectory = "/" };
        foreach (string argument in new[] { "-c", Script, "agentsandbox-canary", log, PrefixOf(runId) + secret })
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["AGENTSANDBOX_CANARY"] = PrefixOf(runId) + environmentSecret;
        Process process = Process.Start(start) ?? throw new ProbeFailedException("The canary process did not start.");
        var canary = new CanaryProcess(process, runId, secret, environmentSecret, log);
        try
        {
            return await process.StandardOutput.ReadLineAsync(cancellationToken) == "ready" ? canary : throw new ProbeFailedException("The canary process did not get ready.");
        }
        catch
        {
            canary.Dispose();
            throw;
        }
    }

    /// <summary>What the kernel does when this process ends, by whatever means: nobody holds the other end of the canary's pipe any more.</summary>
    public void LetGo() => _process.StandardInput.Close();

    /// <summary>Checks that it lives.</summary>
    /// <exception cref="ProbeFailedException">It has ended.</exception>
    public void Verify()
    {
        if (_process.HasExited)
        {
            throw new ProbeFailedException($"The canary process has ended with code {_process.ExitCode}.");
        }
    }

    /// <summary>Waits for a signal beyond those that were counted before.</summary>
    /// <param name="before">The count.</param>
    /// <param name="patience">How long to wait.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Whether one came.</returns>
    public async Task<bool> SignalledSinceAsync(int before, TimeSpan patience, CancellationToken cancellationToken)
    {
        for (long start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < patience; await Task.Delay(5, cancellationToken))
        {
            if (Signals > before)
            {
                return true;
            }
        }

        return Signals > before;
    }

    /// <summary>Whether a debugger is attached to it now.</summary>
    /// <returns>True when one is.</returns>
    public bool IsTraced() =>
        File.ReadAllLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{Id}/status")).Any(line => line.StartsWith("TracerPid:", StringComparison.Ordinal) && line[10..].Trim() != "0");

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private static string PrefixOf(string runId) => $"agentsandbox-canary-{runId}-";
}
