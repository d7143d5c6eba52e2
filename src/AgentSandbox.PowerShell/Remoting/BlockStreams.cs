using System.Management.Automation;
using AgentSandbox.PowerShell.Pump;

namespace AgentSandbox.PowerShell.Remoting;

/// <summary>Brings what a running script block writes to the cmdlet's own streams, in the order in which it comes, and marks it with the sandbox that it comes from.</summary>
/// <param name="sandbox">Name of the sandbox.</param>
/// <param name="pump">Carries it to the pipeline thread.</param>
/// <param name="credit">Told of each record that was taken.</param>
/// <param name="cancellationToken">Nobody takes any more.</param>
internal sealed class BlockStreams(string sandbox, OutputPump pump, RecordCredit credit, CancellationToken cancellationToken)
{
    /// <summary>Where the block's output arrives.</summary>
    public PSDataCollection<PSObject> Output { get; } = [];

    /// <summary>Attaches to a pipeline that has not begun.</summary>
    /// <param name="shell">The pipeline.</param>
    public void Attach(System.Management.Automation.PowerShell shell)
    {
        Connect(Output, item =>
        {
            SandboxMark.Add(item, sandbox);
            return cmdlet => cmdlet.WriteObject(item);
        });
        Connect(shell.Streams.Error, record =>
        {
            ErrorRecord marked = SandboxMark.Mark(record, sandbox);
            return cmdlet => cmdlet.WriteError(marked);
        });
        Connect(shell.Streams.Warning, record => cmdlet => cmdlet.WriteWarning(record.Message));
        Connect(shell.Streams.Verbose, record => cmdlet => cmdlet.WriteVerbose(record.Message));
        Connect(shell.Streams.Debug, record => cmdlet => cmdlet.WriteDebug(record.Message));
        Connect(shell.Streams.Progress, record => cmdlet => cmdlet.WriteProgress(record));
        Connect(shell.Streams.Information, record =>
        {
            InformationRecord restored = HostMessage.Restore(record);
            SandboxMark.Add(PSObject.AsPSObject(restored), sandbox);
            return cmdlet => cmdlet.WriteInformation(restored);
        });
    }

    private void Connect<T>(PSDataCollection<T> source, Func<T, Action<Cmdlet>> write)
    {
        // PowerShell raises this on a thread of its own, one record after the other; waiting in it holds the next one back.
        source.DataAdded += (_, _) =>
        {
            foreach (T item in source.ReadAll())
            {
                try
                {
                    pump.WriteAsync(write(item), cancellationToken).AsTask().GetAwaiter().GetResult();
                }
                catch (OperationCanceledException)
                {
                    // Ctrl+C or the time-out: what still comes has no reader.
                }
                finally
                {
                    credit.Release();
                }
            }
        };
    }
}
