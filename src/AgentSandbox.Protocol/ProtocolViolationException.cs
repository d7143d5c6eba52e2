namespace AgentSandbox.Protocol;

/// <summary>The other end sent bytes that the protocol does not allow. The connection must be closed: what follows can't be trusted.</summary>
public sealed class ProtocolViolationException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was wrong; never contains bytes from the wire.</param>
    public ProtocolViolationException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with its cause.</summary>
    /// <param name="message">What was wrong; never contains bytes from the wire.</param>
    /// <param name="innerException">The parser's own error.</param>
    public ProtocolViolationException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
