using System.Management.Automation;
using AgentSandbox.PowerShell.Pump;

namespace AgentSandbox.PowerShell.Invocation;

/// <summary>Moves a running command's streams between the sandbox and the pipeline.</summary>
internal static class CommandStreams
{
    private const int BufferSize = 64 * 1024;

    // Every byte value once, boxed: a byte stream of a gigabyte must not make a billion objects.
    private static readonly object[] s_boxedBytes = [.. Enumerable.Range(0, 256).Select(value => (object)(byte)value)];

    /// <summary>Runs a command, streaming as it goes.</summary>
    public static async Task<CommandExit> RunAsync(SandboxCommand command, PipelineSource source, OutputPump pump, CancellationToken cancellationToken)
    {
        using CancellationTokenSource feedEnd = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task feed = source.Input is null ? Task.CompletedTask : FeedAsync(source.Input, command.StandardInput, feedEnd.Token);
        try
        {
            Task output = source.AsBytes
                ? ReadBytesAsync(command.StandardOutput, pump, cancellationToken)
                : ReadLinesAsync(command.StandardOutput, pump, static lines => cmdlet => cmdlet.WriteObject(lines, enumerateCollection: true), cancellationToken);
            Task errors = ReadLinesAsync(command.StandardError, pump, lines => cmdlet => ((IStandardErrorTarget)cmdlet).StandardError.Write(lines, source.SandboxName), cancellationToken);
            Task<CommandExit> exit = command.Completion.WaitAsync(cancellationToken);
            await Task.WhenAll(output, errors, exit).ConfigureAwait(false);
            return await exit.ConfigureAwait(false);
        }
        finally
        {
            await feedEnd.CancelAsync().ConfigureAwait(false);
            await feed.ConfigureAwait(false);
        }
    }

    private static async Task ReadLinesAsync(Stream stream, OutputPump pump, Func<List<string>, Action<Cmdlet>> write, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[BufferSize];
        LineDecoder decoder = new();
        int read;
        do
        {
            read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            List<string> lines = [];
            if (read > 0)
            {
                decoder.Decode(buffer.AsSpan(0, read), lines);
            }
            else
            {
                decoder.Finish(lines);
            }

            if (lines.Count > 0)
            {
                await pump.WriteAsync(write(lines), cancellationToken).ConfigureAwait(false);
            }
        }
        while (read > 0);
    }

    private static async Task ReadBytesAsync(Stream stream, OutputPump pump, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[BufferSize];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
        {
            object[] bytes = new object[read];
            for (int i = 0; i < read; i++)
            {
                bytes[i] = s_boxedBytes[buffer[i]];
            }

            await pump.WriteAsync(cmdlet => cmdlet.WriteObject(bytes, enumerateCollection: true), cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task FeedAsync(Stream input, Stream standardInput, CancellationToken cancellationToken)
    {
        try
        {
            await input.CopyToAsync(standardInput, BufferSize, cancellationToken).ConfigureAwait(false);
            await standardInput.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException or SandboxException)
        {
            // The command ended, or closed its input, before it had read everything: its right, as in any shell. A connection that
            // broke is reported by the command's completion.
        }
        finally
        {
            await input.DisposeAsync().ConfigureAwait(false);
        }
    }
}

/// <summary>What a command's streams are connected to.</summary>
/// <param name="SandboxName">Name that errors carry.</param>
/// <param name="Input">Its standard input, if any.</param>
/// <param name="AsBytes">Standard output is passed on as bytes.</param>
internal sealed record PipelineSource(string SandboxName, Stream? Input, bool AsBytes);

/// <summary>A cmdlet that passes a command's standard error on.</summary>
internal interface IStandardErrorTarget
{
    /// <summary>Writes it. Used on the pipeline thread.</summary>
    IStandardErrorWriter StandardError { get; }
}

/// <summary>Writes standard error, and errors about it.</summary>
internal interface IStandardErrorWriter
{
    /// <summary>Writes lines of standard error.</summary>
    /// <param name="lines">The lines.</param>
    /// <param name="sandboxName">Target of the records.</param>
    void Write(IReadOnlyList<string> lines, string sandboxName);

    /// <summary>Writes an error of our own, which the script's preference does concern.</summary>
    /// <param name="record">The error.</param>
    void WriteOwn(ErrorRecord record);
}
