using AgentSandbox.Protocol;
using AgentSandbox.Protocol.FileChannel;

namespace AgentSandbox.Connection.FileChannel;

/// <summary>The host's end of file channels: makes them, believes nothing of what the guest writes, and words what goes wrong for people.</summary>
internal static class FileChannelHost
{
    /// <summary>Opens a channel to the guest that serves a sandbox's folders, and waits until it answers.</summary>
    /// <param name="down">The folder that only the host writes to; it exists.</param>
    /// <param name="up">The folder that the guest writes to; it exists, and the guest can't replace it.</param>
    /// <param name="cancellationToken">Ends the waiting, which has no deadline but 60 s without any sign of the guest.</param>
    /// <returns>The open channel. Disposing it removes the host's folder.</returns>
    /// <exception cref="SandboxException">
    /// <see cref="SandboxErrorId.ProtocolViolation"/>, or <see cref="SandboxErrorId.GuestNotResponding"/> when nothing answers.
    /// </exception>
    public static Task<FileChannelStream> ConnectAsync(string down, string up, CancellationToken cancellationToken) =>
        ConnectAsync(down, up, ChannelClock.System, cancellationToken);

    /// <inheritdoc cref="ConnectAsync(string, string, CancellationToken)"/>
    /// <param name="down">As above.</param>
    /// <param name="up">As above.</param>
    /// <param name="clock">Time.</param>
    /// <param name="cancellationToken">As above.</param>
    public static async Task<FileChannelStream> ConnectAsync(string down, string up, ChannelClock clock, CancellationToken cancellationToken)
    {
        FileChannelStream stream = Open(down, up, clock);
        try
        {
            await stream.Greeted.WaitAsync(cancellationToken);
            return stream;
        }
        catch
        {
            stream.Abandon();
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens a channel without waiting for the guest.</summary>
    /// <param name="down">As above.</param>
    /// <param name="up">As above.</param>
    /// <param name="clock">Time.</param>
    /// <returns>The channel.</returns>
    /// <exception cref="IOException">The host's folder can't be made.</exception>
    public static FileChannelStream Open(string down, string up, ChannelClock clock)
    {
        string id = FileChannelFolder.NewId();
        string own = FileChannelFolder.TryCreate(down, id) ?? throw new IOException($"There is a folder '{id}' in '{down}'.");
        var options = new FileChannelOptions { Clock = clock, Translate = Translate };
        return new FileChannelStream(own, () => TryOpenFolder(up, id), options);
    }

    private static IncomingFolder? TryOpenFolder(string up, string id) =>
        OperatingSystem.IsWindows() ? WindowsIncomingFolder.TryOpenFolder(up, id) : LinuxIncomingFolder.TryOpenFolder(up, id);

    private static SandboxException Translate(Exception failure) => failure switch
    {
        ProtocolViolationException violation => GuestErrors.Violation(violation),
        TimeoutException => GuestErrors.NotResponding($"it wrote nothing into its folder for {FileChannelLimits.DeadAfter.TotalSeconds:0} s."),
        _ => GuestErrors.Disconnected("its files can't be read or written any more.", failure),
    };
}
