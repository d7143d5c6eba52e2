using System.Collections.Concurrent;
using AgentSandbox.PowerShell.Invocation;
using AgentSandbox.PowerShell.Pump;

namespace AgentSandbox.PowerShell.Processes;

/// <summary>How far this PowerShell has received a background process's output.</summary>
/// <param name="reader">Reads it.</param>
internal sealed class ReceivedOutput(ProcessOutputReader reader) : IDisposable
{
    private static readonly ConcurrentDictionary<(string Home, string Sandbox, int Id, DateTimeOffset Start), ReceivedOutput> s_all = new();
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(50);

    private readonly SemaphoreSlim _one = new(1);
    private readonly LineDecoder _output = new();
    private readonly LineDecoder _error = new();
    private long _reportedDrop;

    /// <summary>That of a process; from its beginning the first time.</summary>
    public static ReceivedOutput Of(SandboxManager manager, SandboxProcess process) =>
        s_all.GetOrAdd((manager.Home.Data, process.SandboxId, process.Id, process.StartTime), _ => new ReceivedOutput(manager.OpenProcessOutput(process)));

    /// <summary>The module is removed.</summary>
    public static void Clear()
    {
        foreach (KeyValuePair<(string, string, int, DateTimeOffset), ReceivedOutput> received in s_all)
        {
            received.Value.Dispose();
        }

        s_all.Clear();
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    /// <summary>Writes what came since the last time: whole lines, and what is left when the process has ended.</summary>
    /// <param name="manager">Looks at the process.</param>
    /// <param name="process">The process.</param>
    /// <param name="wait">Go on until it has ended.</param>
    /// <param name="pump">Where the lines go.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="SandboxException">The process is not there any more.</exception>
    public async Task WriteAsync(SandboxManager manager, SandboxProcess process, bool wait, OutputPump pump, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            while (true)
            {
                // Asked before reading: what it wrote until its end is there then.
                bool ended = manager.GetProcess(process).State != SandboxProcessState.Running;
                foreach (ProcessOutput piece in reader.Read())
                {
                    await WarnAsync(process, pump, cancellationToken).ConfigureAwait(false);
                    List<string> lines = [];
                    (piece.IsError ? _error : _output).Decode(piece.Data, lines);
                    await WriteAsync(lines, piece.IsError, process.SandboxName, pump, cancellationToken).ConfigureAwait(false);
                }

                if (ended)
                {
                    await FinishAsync(process.SandboxName, pump, cancellationToken).ConfigureAwait(false);
                    return;
                }

                if (!wait)
                {
                    return;
                }

                await Task.Delay(s_look, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _one.Release();
        }
    }

    private static async Task WriteAsync(List<string> lines, bool isError, string sandbox, OutputPump pump, CancellationToken cancellationToken)
    {
        if (lines.Count > 0)
        {
            await pump.WriteAsync(
                isError ? cmdlet => ((IStandardErrorTarget)cmdlet).StandardError.Write(lines, sandbox) : cmdlet => cmdlet.WriteObject(lines, enumerateCollection: true),
                cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task FinishAsync(string sandbox, OutputPump pump, CancellationToken cancellationToken)
    {
        foreach (bool isError in (bool[])[false, true])
        {
            List<string> lines = [];
            (isError ? _error : _output).Finish(lines);
            await WriteAsync(lines, isError, sandbox, pump, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task WarnAsync(SandboxProcess process, OutputPump pump, CancellationToken cancellationToken)
    {
        if (reader.Dropped > _reportedDrop)
        {
            string warning = $"{ByteSize.Format(reader.Dropped - _reportedDrop)} of the output of process {process.Id} in {process.SandboxName} are gone: it wrote more than is kept.";
            _reportedDrop = reader.Dropped;
            await pump.WriteAsync(cmdlet => cmdlet.WriteWarning(warning), cancellationToken).ConfigureAwait(false);
        }
    }
}
