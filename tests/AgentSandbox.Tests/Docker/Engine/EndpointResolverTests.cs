using System.Security.Cryptography;
using System.Text;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Endpoint;
using Xunit.Abstractions;

namespace AgentSandbox.Tests.Docker.Engine;

public sealed class EndpointResolverTests(ITestOutputHelper output)
{
    private readonly Dictionary<string, string> _variables = [];
    private readonly Dictionary<string, string> _files = [];
    private string? _home = "/home/me";
    private bool _isWindows;

    [Fact]
    public void Without_anything_it_is_the_platform_s_default()
    {
        Assert.Equal(new("unix:///var/run/docker.sock", null, "default", true), Resolve());
        _home = null;
        Assert.True(Resolve().IsDefault);
        _isWindows = true;
        Assert.Equal(new("npipe:////./pipe/docker_engine", null, "default", true), Resolve());
    }

    [Fact]
    public void The_order_is_the_docker_command_line_s()
    {
        Config("""{"currentContext":"work"}""");
        Context("work", """{"Name":"work","Metadata":{},"Endpoints":{"docker":{"Host":"unix:///work.sock","SkipTLSVerify":false}}}""");
        Context("other", """{"Endpoints":{"docker":{"Host":"tcp://other:1234"}}}""");
        Assert.Equal(new("unix:///work.sock", null, "context 'work'", false), Resolve());
        _variables["DOCKER_CONTEXT"] = "other";
        Assert.Equal(new("tcp://other:1234", null, "context 'other'", false), Resolve());
        _variables["DOCKER_CONTEXT"] = "default";
        Assert.True(Resolve().IsDefault);
        _variables["DOCKER_CONTEXT"] = "other";
        _variables["DOCKER_HOST"] = "";
        Assert.Equal("tcp://other:1234", Resolve().Address);
        _variables["DOCKER_HOST"] = "unix:///mine.sock";
        Assert.Equal(new("unix:///mine.sock", null, "DOCKER_HOST", false), Resolve());
    }

    [Fact]
    public void The_folder_can_be_another()
    {
        _variables["DOCKER_CONFIG"] = "/etc/mine";
        _files["/etc/mine/config.json"] = """{"currentContext":"default"}""";
        Config("{");
        Assert.True(Resolve().IsDefault);
    }

    [Fact]
    public void TLS_of_a_context_is_its_files()
    {
        Config("""{"currentContext":"work"}""");
        Context("work", """{"Endpoints":{"docker":{"Host":"tcp://h:2376","SkipTLSVerify":true}}}""");
        Assert.Equal(new DockerTls(null, null, null, true), Resolve().Tls);
        string folder = $"/home/me/.docker/contexts/tls/{Id("work")}/docker/";
        _files[folder + "ca.pem"] = _files[folder + "cert.pem"] = _files[folder + "key.pem"] = "x";
        Assert.Equal(new DockerTls(folder + "ca.pem", folder + "cert.pem", folder + "key.pem", true), Resolve().Tls);
    }

    [Fact]
    public void TLS_of_the_environment_is_as_the_docker_command_line_has_it()
    {
        _variables["DOCKER_TLS_VERIFY"] = "0";
        _variables["DOCKER_CERT_PATH"] = "/certs";
        Assert.Contains("/certs/ca.pem", Fails().Message, StringComparison.Ordinal);
        _files["/certs/ca.pem"] = "x";
        Assert.Equal(new("tcp://localhost:2376", new("/certs/ca.pem", null, null, false), "DOCKER_TLS_VERIFY", false), Resolve());
        _variables["DOCKER_HOST"] = "tcp://h:2376";
        _files["/certs/cert.pem"] = "x";
        Assert.Contains("/certs/key.pem", Fails().Message, StringComparison.Ordinal);
        _files["/certs/key.pem"] = "x";
        Assert.Equal(new DockerTls("/certs/ca.pem", "/certs/cert.pem", "/certs/key.pem", false), Resolve().Tls);
        _variables["DOCKER_HOST"] = "unix:///x";
        Assert.Null(Resolve().Tls);
        _variables.Remove("DOCKER_TLS_VERIFY");
        _variables["DOCKER_HOST"] = "tcp://h";
        Assert.Null(Resolve().Tls);
        _variables["DOCKER_TLS"] = "1";
        Assert.True(Resolve().Tls!.SkipVerify);
    }

    [Fact]
    public void A_context_that_is_not_there_or_damaged_is_an_error_that_says_what_to_do()
    {
        _variables["DOCKER_CONTEXT"] = "gone\n";
        SandboxException error = Fails();
        Assert.Contains("context 'gone'", error.Message, StringComparison.Ordinal);
        Assert.Contains("docker context ls", error.RecommendedAction, StringComparison.Ordinal);
        _variables["DOCKER_CONTEXT"] = "work";
        foreach (string text in new[] { "{", "null", "[]", """{"Endpoints":{}}""", """{"Endpoints":{"docker":{"Host":5}}}""", """{"Endpoints":{"docker":{"Host":"ssh://me@host"}}}""" })
        {
            Context("work", text);
            Assert.NotEmpty(Fails().RecommendedAction);
        }

        _variables.Clear();
        Config("{\"currentContext\":");
        Assert.Contains("config.json", Fails().Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tcp://1.2.3.4:5", "tcp://1.2.3.4:5")]
    [InlineData("tcp://host", "tcp://host:2375")]
    [InlineData("host", "tcp://host:2375")]
    [InlineData("host:99", "tcp://host:99")]
    [InlineData("tcp://", "tcp://localhost:2375")]
    [InlineData("tcp://:77", "tcp://localhost:77")]
    [InlineData("tcp://[::1]:77", "tcp://[::1]:77")]
    [InlineData("tcp://[fe80::1]", "tcp://[fe80::1]:2375")]
    [InlineData("tcp://host:5/some/path/", "tcp://host:5/some/path")]
    [InlineData(" unix:///a b.sock ", "unix:///a b.sock")]
    [InlineData("unix://", "unix:///var/run/docker.sock")]
    [InlineData("npipe:////./pipe/docker_engine_linux", "npipe:////./pipe/docker_engine_linux")]
    [InlineData(@"npipe://\\.\pipe\x", "npipe:////./pipe/x")]
    public void Addresses_are_read_as_the_docker_command_line_does(string given, string address)
    {
        _variables["DOCKER_HOST"] = given;
        Assert.Equal(address, Resolve().Address);
        Assert.Equal(EngineAddress.Parse(address, ""), EngineAddress.Parse(EngineAddress.Parse(address, "").ToString(), ""));
    }

    [Theory]
    [InlineData("ssh://me@host")]
    [InlineData("http://host")]
    [InlineData("https://host")]
    [InlineData("fd://")]
    [InlineData("unix://relative")]
    [InlineData("tcp://host:0")]
    [InlineData("tcp://host:65536")]
    [InlineData("tcp://host:x")]
    [InlineData("tcp://ho st")]
    [InlineData("tcp://user:secret@host:1")]
    [InlineData("tcp://::1")]
    [InlineData("tcp://[::1")]
    [InlineData("tcp://[::1]x")]
    [InlineData("tcp://h:1/../x")]
    [InlineData("tcp://h:1/a?b")]
    [InlineData("npipe:////other/pipe/x")]
    [InlineData("npipe:////./pipe/")]
    [InlineData("npipe:////./pipe/a/b")]
    public void What_is_no_address_is_refused_with_its_source(string given)
    {
        _variables["DOCKER_HOST"] = given;
        Assert.Contains("DOCKER_HOST", Fails().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Garbage_is_an_address_or_a_documented_error()
    {
        Random random = Seeded.Create(output);
        const string Letters = "tcpunix:/.[]1a@?%\n\\ \0é";
        for (int round = 0; round < 20_000; round++)
        {
            string text = (random.Next(2) == 0 ? "tcp://" : "") + string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => Letters[random.Next(Letters.Length)]));
            try
            {
                EngineAddress address = EngineAddress.Parse(text, "test");
                Assert.Equal(address, EngineAddress.Parse(address.ToString(), "test"));
            }
            catch (SandboxException e)
            {
                Assert.Equal(SandboxErrorId.EngineUnreachable, e.ErrorId);
                Assert.DoesNotContain(e.Message, char.IsControl);
            }
        }
    }

    private DockerEndpoint Resolve() => DockerEndpointResolver.Resolve(Surroundings());

    private SandboxException Fails()
    {
        SandboxException error = Assert.Throws<SandboxException>(() => Resolve());
        Assert.Equal(SandboxErrorId.EngineUnreachable, error.ErrorId);
        return error;
    }

    private DockerCliSurroundings Surroundings() => new()
    {
        Variable = _variables.GetValueOrDefault,
        ReadFile = path => _files.TryGetValue(path, out string? text) ? Encoding.UTF8.GetBytes(text) : null,
        Home = _home,
        IsWindows = _isWindows,
    };

    private void Config(string json) => _files["/home/me/.docker/config.json"] = json;

    private void Context(string name, string json) => _files[$"/home/me/.docker/contexts/meta/{Id(name)}/meta.json"] = json;

    private static string Id(string name) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(name))).ToLowerInvariant();
}
