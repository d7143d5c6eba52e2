namespace AgentSandbox.Connection.FileChannel;

/// <summary>What differs between the ends of a file channel.</summary>
internal sealed class FileChannelOptions
{
    /// <summary>Time.</summary>
    public ChannelClock Clock { get; init; } = ChannelClock.System;

    /// <summary>Makes of what ended the channel the error that its user gets; called for each caller.</summary>
    public Func<Exception, Exception> Translate { get; init; } = static e => e;
}
