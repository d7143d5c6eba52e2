namespace AgentSandbox.Host.CommandLine.Streams;

/// <summary>Copies one output stream of a command to a descriptor, on a thread of its own: a slow reader then holds up nothing but this stream.</summary>
internal sealed class OutputPump
{
    private const int BufferSize = 256 * 1024;

    private readonly Stream _source;
    private readonly int _descriptor;
    private readonly Action _onFailure;
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Starts copying.</summary>
    /// <param name="source">The command's stream.</param>
    /// <param name="descriptor">Where it goes.</param>
    /// <param name="onFailure">Ends the command; called when the descriptor can't be written any more.</param>
    public OutputPump(Stream source, int descriptor, Action onFailure)
    {
        _source = source;
        _descriptor = descriptor;
        _onFailure = onFailure;
        new Thread(Run) { IsBackground = true, Name = $"output {descriptor}" }.Start();
    }

    /// <summary>Completes at the end of the stream; fails with what stood in the way of reading or writing.</summary>
    public Task Completion => _completion.Task;

    private void Run()
    {
        Exception? failure = null;
        try
        {
            byte[] buffer = GC.AllocateUninitializedArray<byte>(BufferSize);
            for (int count; (count = _source.ReadAsync(buffer).AsTask().GetAwaiter().GetResult()) > 0;)
            {
                // After a failed write the rest is read and dropped: what is not read would keep the command from ending.
                if (failure is null)
                {
                    failure = TryWrite(buffer.AsSpan(0, count));
                }
            }
        }
        catch (Exception exception)
        {
            failure ??= exception;
        }

        if (failure is null)
        {
            _completion.SetResult();
        }
        else
        {
            _completion.SetException(failure);
        }
    }

    private Exception? TryWrite(ReadOnlySpan<byte> bytes)
    {
        // A closed standard error is a caller's way to say that nobody wants it; a closed standard output would lose a result.
        if (_descriptor == RawDescriptor.StandardError && !RawDescriptor.IsInherited(_descriptor))
        {
            return null;
        }

        try
        {
            RawDescriptor.Write(_descriptor, bytes);
            return null;
        }
        catch (Exception exception) when (exception is IOException or OutputClosedException)
        {
            _onFailure();
            return exception;
        }
    }
}
