using AgentSandbox.Protocol;

namespace AgentSandbox.Guest.Serve.Spawn;

/// <summary>A command can't be started; carries the FAIL that says so to the host.</summary>
internal sealed class CommandRefusedException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="kind">One of <see cref="FailKind"/>.</param>
    /// <param name="errno">errno(3), 0 when no call failed.</param>
    /// <param name="stage">The call or the field.</param>
    /// <param name="detail">What it was about; cut to a length that a person reads.</param>
    public CommandRefusedException(string kind, int errno, string stage, string detail)
        : base(kind)
    {
        Fail = new FailMessage { Kind = kind, Errno = errno, Stage = stage, Detail = detail.Length > 4096 ? detail[..4096] : detail };
    }

    /// <summary>The message for the host.</summary>
    public FailMessage Fail { get; }
}
