namespace AgentSandbox.Backends.Docker.Engine;

/// <summary>The engine answered with an error.</summary>
/// <param name="statusCode">HTTP status; 0 when the error came inside a stream.</param>
/// <param name="message">What the engine said, as one bounded line with no control characters.</param>
internal sealed class DockerEngineException(int statusCode, string message) : Exception(message)
{
    /// <summary>HTTP status; 0 when the error came inside a stream.</summary>
    public int StatusCode { get; } = statusCode;
}
