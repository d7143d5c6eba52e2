namespace AgentSandbox.Host.CommandLine.Streams;

/// <summary>Copies an output stream of a command to a descriptor.</summary>
internal static class OutputPump
{
    private const int BufferSize = 256 * 1024;

    /// <summary>Copies to the end of the stream.</summary>
    /// <param name="source">The command's stream.</param>
    /// <param name="descriptor">Where it goes; writing to it blocks a thread of the pool, see <see cref="CommandSession"/>.</param>
    /// <param name="onFailure">Ends the command; called when the descriptor can't be written any more.</param>
    /// <returns>A task that completes at the end of the stream; it fails with what stood in the way of reading or writing.</returns>
    public static async Task CopyAsync(Stream source, int descriptor, Action onFailure)
    {
        Exception? failure = null;
        byte[] buffer = GC.AllocateUninitializedArray<byte>(BufferSize);
        for (int count; (count = await source.ReadAsync(buffer)) > 0;)
        {
            // After a failed write the rest is read and dropped: what is not read would keep the command from ending.
            if (failure is null && (failure = TryWrite(descriptor, buffer.AsSpan(0, count))) is not null)
            {
                onFailure();
            }
        }

        if (failure is not null)
        {
            throw failure;
        }
    }

    private static Exception? TryWrite(int descriptor, ReadOnlySpan<byte> bytes)
    {
        // A closed standard error is a caller's way to say that nobody wants it; a closed standard output would lose a result.
        if (descriptor == RawDescriptor.StandardError && !RawDescriptor.IsInherited(descriptor))
        {
            return null;
        }

        try
        {
            RawDescriptor.Write(descriptor, bytes);
            return null;
        }
        catch (Exception exception) when (exception is IOException or OutputClosedException)
        {
            return exception;
        }
    }
}
