namespace AgentSandbox.Connection;

/// <summary>Runs a command to its end and keeps what it writes.</summary>
internal static class CommandCapture
{
    private const int CopyBufferSize = 64 * 1024;

    /// <summary>Feeds a started command and reads all it writes. The caller still disposes the command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="standardInput">
    /// Copied to the command's standard input, then end-of-file; null is end-of-file at once. A command that ends or closes its standard input before all was read is no
    /// error. A read of this stream that can't be cancelled may still be under way when the command has ended.
    /// </param>
    /// <param name="cancellationToken">Ends the command, all of it.</param>
    /// <returns>How it ended and what it wrote; with <see cref="CommandExit.TimedOut"/>, what it wrote until then.</returns>
    /// <exception cref="SandboxException">The connection broke.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; the command has been ended before.</exception>
    /// <exception cref="IOException">Reading <paramref name="standardInput"/> failed, as any other exception of that stream; the command has been ended before.</exception>
    public static Task<CommandResult> RunAsync(SandboxCommand command, Stream? standardInput, CancellationToken cancellationToken) =>
        RunAsync(command, standardInput, CommandResult.MaxCapture, cancellationToken);

    /// <inheritdoc cref="RunAsync(SandboxCommand, Stream?, CancellationToken)"/>
    /// <param name="command">As above.</param>
    /// <param name="standardInput">As above.</param>
    /// <param name="maxCapture">Bytes of each stream to keep.</param>
    /// <param name="cancellationToken">As above.</param>
    public static async Task<CommandResult> RunAsync(SandboxCommand command, Stream? standardInput, int maxCapture, CancellationToken cancellationToken)
    {
        var output = new CaptureBuffer(maxCapture);
        var error = new CaptureBuffer(maxCapture);
        Task reading = Task.WhenAll(output.ReadToEndAsync(command.StandardOutput), error.ReadToEndAsync(command.StandardError));
        using var inputStop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);

        // On its own thread as long as it takes: many streams read synchronously whatever they are asked for.
        CancellationToken feedingToken = inputStop.Token;
        Task feeding = Task.Run(() => FeedAsync(command.StandardInput, standardInput, feedingToken), CancellationToken.None);
        try
        {
            await EndOrFaultAsync(command, feeding, reading, cancellationToken);
        }
        catch (Exception) when (!command.Completion.IsCompleted)
        {
            // Cancelled, or the input can't be read: nobody wants the command any more.
            await command.StopAsync(CancellationToken.None);
            await IgnoreAsync(reading);
            throw;
        }
        catch
        {
            await IgnoreAsync(reading);
            throw;
        }
        finally
        {
            // The input may be a terminal that waits for a key; its pending read is left behind, and what it brings is dropped.
            await inputStop.CancelAsync();
            _ = IgnoreAsync(feeding);
        }

        await reading;
        CommandExit exit = await command.Completion;
        return new CommandResult
        {
            ExitCode = exit.ExitCode,
            Signal = exit.Signal,
            TimedOut = exit.TimedOut,
            Truncated = exit.Truncated || output.IsTruncated || error.IsTruncated,
            Duration = exit.Duration,
            StandardOutputBytes = output.ToArray(),
            StandardErrorBytes = error.ToArray(),
        };
    }

    private static async Task EndOrFaultAsync(SandboxCommand command, Task feeding, Task reading, CancellationToken cancellationToken)
    {
        var pending = new List<Task> { command.Completion, feeding, reading };
        while (!command.Completion.IsCompleted)
        {
            Task done = await Task.WhenAny(pending).WaitAsync(cancellationToken);
            await done;
            pending.Remove(done);
        }

        await command.Completion;
    }

    private static async Task FeedAsync(Stream destination, Stream? source, CancellationToken cancellationToken)
    {
        if (ReferenceEquals(destination, Stream.Null))
        {
            return; // The command has no standard input, so nothing is taken from the source.
        }

        // Not from the pool: a read that is left behind may still write into it.
        byte[] buffer = source is null ? [] : new byte[CopyBufferSize];
        int count;
        while (source is not null && (count = await source.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if (!await TryWriteAsync(destination, buffer.AsMemory(0, count), cancellationToken))
            {
                break;
            }
        }

        // Not when reading failed: the command must not take half of its input for all of it.
        await destination.DisposeAsync();
    }

    private static async Task<bool> TryWriteAsync(Stream destination, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await destination.WriteAsync(bytes, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is IOException or SandboxException)
        {
            // A command need not read all it is given (head, say); a broken connection is told by its completion.
            return false;
        }
    }

    private static async Task IgnoreAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception)
        {
            // Another error, which came first, is being reported.
        }
    }
}
