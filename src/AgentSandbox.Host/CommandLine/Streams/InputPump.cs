namespace AgentSandbox.Host.CommandLine.Streams;

/// <summary>Copies standard input to a command. Nobody waits for it: a command may end before its input does.</summary>
internal static class InputPump
{
    private const int BufferSize = 256 * 1024;

    /// <summary>Starts copying.</summary>
    /// <param name="destination">The command's standard input; disposed at the end, which is how the command sees end-of-file.</param>
    public static void Start(Stream destination) => _ = Task.Run(() => CopyAsync(destination));

    private static async Task CopyAsync(Stream destination)
    {
        try
        {
            byte[] buffer = GC.AllocateUninitializedArray<byte>(BufferSize);
            for (int count; (count = RawDescriptor.Read(RawDescriptor.StandardInput, buffer)) > 0;)
            {
                await destination.WriteAsync(buffer.AsMemory(0, count));
            }
        }
        catch (Exception exception) when (IsTheEnd(exception))
        {
            // The command closed its standard input or has ended, or ours is a folder or a terminal that hung up: for the command
            // each is the end of its input. A connection that broke is reported by the command's Completion.
        }

        try
        {
            await destination.DisposeAsync();
        }
        catch (Exception exception) when (IsTheEnd(exception))
        {
            // As above: there is no one left to tell.
        }
    }

    private static bool IsTheEnd(Exception exception) => exception is IOException or ObjectDisposedException or SandboxException or OperationCanceledException;
}
