using System.Net.Sockets;
using System.Security.Authentication;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Transport;

namespace AgentSandbox.Tests.Docker.Engine;

public sealed class AdviceTests
{
    private static readonly DockerEndpoint s_local = new("unix:///var/run/docker.sock", null, "default", true);
    private static readonly DockerEndpoint s_remote = new("tcp://h:2375", null, "context 'work'", false);

    [Fact]
    public void Each_cause_has_its_advice()
    {
        Assert.Contains("group 'docker'", Advice(s_local, new SocketException((int)SocketError.AccessDenied)), StringComparison.Ordinal);
        Assert.Contains("systemctl start docker", Advice(s_local, new SocketException((int)SocketError.ConnectionRefused)), StringComparison.Ordinal);
        Assert.Contains("DOCKER_HOST", Advice(s_local, new SocketException((int)SocketError.AddressNotAvailable)), StringComparison.Ordinal);
        Assert.Contains("context 'work'", Advice(s_remote, new SocketException((int)SocketError.HostNotFound)), StringComparison.Ordinal);
        Assert.Contains("listens there", Advice(s_remote, new TimeoutException()), StringComparison.Ordinal);
        Assert.Contains("DOCKER_CERT_PATH", Advice(s_remote, new AuthenticationException("no")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_message_says_where_the_address_comes_from()
    {
        Assert.Contains("unix:///var/run/docker.sock (the default)", EngineErrors.NotConnected(s_local, new TimeoutException()).Message, StringComparison.Ordinal);
        Assert.Contains("tcp://h:2375 (from context 'work')", EngineErrors.Broken(s_remote, null).Message, StringComparison.Ordinal);
    }

    private static string Advice(DockerEndpoint endpoint, Exception cause)
    {
        SandboxException error = EngineErrors.NotConnected(endpoint, cause);
        Assert.Equal(SandboxErrorId.EngineUnreachable, error.ErrorId);
        return error.RecommendedAction;
    }
}
