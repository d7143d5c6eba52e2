using AgentSandbox.Protocol;

namespace AgentSandbox.Connection;

/// <summary>Deadlines that the host keeps. A record of its own so that tests need not wait as long as users may.</summary>
internal sealed record ConnectionOptions
{
    /// <summary>The values that the product uses.</summary>
    public static ConnectionOptions Default { get; } = new();

    /// <summary>Time for the guest's HELLO.</summary>
    public TimeSpan HelloTimeout { get; init; } = ProtocolLimits.HelloTimeout;

    /// <summary>Time from the request of a command to OPENED or FAIL; also the longest that a backend may take to connect.</summary>
    public TimeSpan OpenTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Time between SIGTERM and SIGKILL.</summary>
    public TimeSpan KillGrace { get; init; } = ProtocolLimits.KillGrace;

    /// <summary>A reader that takes nothing for this long while its command is being ended, and its buffer is full, counts as gone.</summary>
    public TimeSpan StallGrace { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Time from SIGKILL to EXIT, after which the guest is no longer believed to answer.</summary>
    public TimeSpan GiveUpGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>A pool closes its second and further connections once they have been idle for this long, because other processes need them too.</summary>
    public TimeSpan IdleLinger { get; init; } = TimeSpan.FromSeconds(30);
}
