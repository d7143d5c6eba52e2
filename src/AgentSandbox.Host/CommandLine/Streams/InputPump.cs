namespace AgentSandbox.Host.CommandLine.Streams;

/// <summary>Copies standard input to a command, on a thread of its own that nobody waits for: a command may end before its input does.</summary>
internal static class InputPump
{
    private const int BufferSize = 256 * 1024;

    /// <summary>Starts copying.</summary>
    /// <param name="destination">The command's standard input; disposed at the end, which is how the command sees end-of-file.</param>
    public static void Start(Stream destination) => new Thread(() => Run(destination)) { IsBackground = true, Name = "input" }.Start();

    private static void Run(Stream destination)
    {
        try
        {
            byte[] buffer = GC.AllocateUninitializedArray<byte>(BufferSize);
            for (int count; (count = RawDescriptor.Read(RawDescriptor.StandardInput, buffer)) > 0;)
            {
                destination.WriteAsync(buffer.AsMemory(0, count)).AsTask().GetAwaiter().GetResult();
            }
        }
        catch (IOException)
        {
            // The command closed its standard input or has ended, or ours is a folder or a terminal that hung up: for the command
            // each is the end of its input. A connection that broke is reported by the command's Completion.
        }
        catch (Exception exception) when (exception is ObjectDisposedException or SandboxException or OperationCanceledException)
        {
            // The command has ended meanwhile.
        }

        Close(destination);
    }

    private static void Close(Stream destination)
    {
        try
        {
            destination.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or SandboxException or OperationCanceledException)
        {
            // As above: there is no one left to tell.
        }
    }
}
