using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;

namespace AgentSandbox.Backends.Docker.Engine.Transport;

/// <summary>Errors about the connection to an engine, each with what to do about its cause.</summary>
internal static class EngineErrors
{
    /// <summary>The engine could not be connected to.</summary>
    /// <param name="endpoint">Where it should be.</param>
    /// <param name="cause">What the attempt failed with.</param>
    /// <returns>The error to throw.</returns>
    public static SandboxException NotConnected(DockerEndpoint endpoint, Exception cause)
    {
        (string what, string action) = Explain(endpoint, cause);
        return Unreachable(endpoint, $"The container engine at {Name(endpoint)} can't be reached: {what}.", action, cause);
    }

    /// <summary>The connection ended before the engine had answered, or while it did.</summary>
    /// <param name="endpoint">Where it is.</param>
    /// <param name="cause">What was seen.</param>
    /// <returns>The error to throw.</returns>
    public static SandboxException Broken(DockerEndpoint endpoint, Exception? cause) => Unreachable(
        endpoint,
        $"The connection to the container engine at {Name(endpoint)} broke{(cause is null ? "" : $": {EngineText.OneLine(Innermost(cause).Message).TrimEnd('.')}")}.",
        "The engine was stopped or restarted, or the network failed; try again when it runs ('docker version' shows it).",
        cause);

    /// <summary>The engine did not answer in time.</summary>
    /// <param name="endpoint">Where it is.</param>
    /// <param name="call">The call, such as <c>GET /info</c>.</param>
    /// <param name="bound">The time it had.</param>
    /// <returns>The error to throw.</returns>
    public static SandboxException NoAnswer(DockerEndpoint endpoint, string call, TimeSpan bound) => Unreachable(
        endpoint,
        $"The container engine at {Name(endpoint)} did not answer {call} within {bound.TotalSeconds:0} seconds.",
        "Look at the engine's log and the load of its machine; restart it if it hangs.",
        null);

    /// <summary>An address or set-up that can't be used.</summary>
    /// <param name="message">What is wrong.</param>
    /// <param name="action">What to do.</param>
    /// <param name="target">What it is about.</param>
    /// <param name="cause">The cause, if there is one.</param>
    /// <returns>The error to throw.</returns>
    public static SandboxException Unusable(string message, string action, string target, Exception? cause = null) =>
        new(SandboxErrorId.EngineUnreachable, message, action, target, cause);

    /// <summary>What answers speaks another language than the Docker Engine API.</summary>
    /// <param name="what">What it did.</param>
    /// <returns>The error to throw.</returns>
    public static DockerEngineException Nonsense(string what) => new(0, $"The engine's answer can't be understood: {EngineText.OneLine(what)}");

    private static SandboxException Unreachable(DockerEndpoint endpoint, string message, string action, Exception? cause) =>
        new(SandboxErrorId.EngineUnreachable, message, action, endpoint.Address, cause);

    private static string Name(DockerEndpoint endpoint) =>
        endpoint.IsDefault ? $"{EngineText.OneLine(endpoint.Address)} (the default)" : $"{EngineText.OneLine(endpoint.Address)} (from {EngineText.OneLine(endpoint.Source)})";

    private static (string What, string Action) Explain(DockerEndpoint endpoint, Exception cause)
    {
        bool local = !endpoint.Address.StartsWith("tcp://", StringComparison.Ordinal);
        string named = endpoint.IsDefault ? "set DOCKER_HOST or a docker context if the engine is elsewhere" : $"correct {EngineText.OneLine(endpoint.Source)} if the engine is elsewhere";
        string start = local ? $"Start it (Linux: 'systemctl start docker'; or start Docker Desktop), or {named}." : $"Check that it runs and listens there, and {named}.";
        Exception innermost = Innermost(cause);
        string words = EngineText.OneLine(innermost.Message).TrimEnd('.');
        return cause switch
        {
            AuthenticationException or CryptographicException => ($"TLS failed: {words}", "Check the certificates (DOCKER_CERT_PATH or the context's TLS files), their dates, and that the engine's certificate names this host."),
            // connect(2) says ENOENT, which .NET has no SocketError for but this one.
            SocketException { SocketErrorCode: SocketError.AddressNotAvailable } when local => ("there is no such socket", start),
            FileNotFoundException or DirectoryNotFoundException => ($"a file of its TLS set-up is missing ({words})", "Put it there, or correct DOCKER_CERT_PATH or the context."),
            UnauthorizedAccessException or SocketException { SocketErrorCode: SocketError.AccessDenied } => ("this user may not connect to it", local
                ? "Run as root, or add this user to the group 'docker' (on Windows 'docker-users') and log in again."
                : "Let this user connect, or check the firewall."),
            TimeoutException when local && OperatingSystem.IsWindows() => ("there is no such pipe, or it is busy", start),
            TimeoutException or SocketException { SocketErrorCode: SocketError.TimedOut } => ("nobody answered in time", start),
            SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } => ("its host is not known", $"Check the host's name, and {named}."),
            SocketException { SocketErrorCode: SocketError.ConnectionRefused } => ("the connection was refused, so no engine listens there", start),
            _ => (words, start),
        };
    }

    private static Exception Innermost(Exception error)
    {
        while (error.InnerException is { } inner)
        {
            error = inner;
        }

        return error;
    }
}
