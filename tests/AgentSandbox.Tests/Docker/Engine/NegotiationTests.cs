using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Tests.Connection;
using AgentSandbox.Tests.Docker.StandIn;

namespace AgentSandbox.Tests.Docker.Engine;

public sealed class NegotiationTests
{
    [Theory]
    [InlineData("1.40", "1.40")]
    [InlineData("1.47", "1.47")]
    [InlineData("1.56", "1.47")]
    [InlineData("2.0", "1.47")]
    public async Task The_smaller_version_is_spoken_and_asked_for_once(string theirs, string spoken)
    {
        await using StandInEngine engine = StandInEngine.OnUnixSocket().On("GET", "/info", "{}");
        engine.Api = theirs;
        using DockerEngine client = EngineClient.Of(engine.Endpoint);
        await client.GetInfoAsync(EngineClient.Soon);
        await client.GetInfoAsync(EngineClient.Soon);
        Assert.Equal([null, spoken, spoken], engine.Requests.Select(r => r.Version));
        Assert.Empty(engine.Failures);
    }

    [Fact]
    public async Task An_engine_that_is_too_old_is_said_so()
    {
        await using StandInEngine engine = StandInEngine.OnUnixSocket();
        engine.Api = "1.39";
        using DockerEngine client = EngineClient.Of(engine.Endpoint);
        Assert.Contains("1.39", (await client.GetInfoAsync(EngineClient.Soon).FailsWith(SandboxErrorId.BackendNotAvailable)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1.x")]
    [InlineData("1.99999999999")]
    [InlineData("-1.40")]
    public async Task What_is_no_engine_is_said_so(string version)
    {
        await using StandInEngine engine = StandInEngine.OnUnixSocket();
        engine.Api = version;
        using DockerEngine client = EngineClient.Of(engine.Endpoint);
        Assert.Contains("no Docker engine", (await client.PingAsync(EngineClient.Soon).FailsWith(SandboxErrorId.EngineUnreachable)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_restarted_engine_of_another_version_is_spoken_to_again()
    {
        await using StandInEngine engine = StandInEngine.OnUnixSocket();
        engine.On("GET", "/info", (request, connection) => request.Version == engine.Api
            ? connection.AnswerAsync(200, "{}")
            : connection.FailAsync(400, $"client version {request.Version} is too new. Maximum supported API version is {engine.Api}"));
        engine.Api = "1.45";
        using DockerEngine client = EngineClient.Of(engine.Endpoint);
        await client.GetInfoAsync(EngineClient.Soon);
        engine.DropConnections();
        engine.Api = "1.41";
        await client.GetInfoAsync(EngineClient.Soon);
        Assert.Equal("1.41", engine.Requests.Last().Version);
    }

    [Fact]
    public async Task An_engine_that_is_gone_and_comes_back_is_found_again()
    {
        string path = Path.Combine(Path.GetTempPath(), $"standin-{Guid.NewGuid():N}.sock");
        try
        {
            StandInEngine first = StandInEngine.OnUnixSocket(path).On("GET", "/info", """{"Name":"first"}""");
            using DockerEngine client = EngineClient.Of(first.Endpoint);
            Assert.Equal("first", (await client.GetInfoAsync(EngineClient.Soon)).Name);
            await first.DisposeAsync();
            await client.GetInfoAsync(EngineClient.Soon).FailsWith(SandboxErrorId.EngineUnreachable);
            File.Delete(path);
            SandboxException gone = await client.GetInfoAsync(EngineClient.Soon).FailsWith(SandboxErrorId.EngineUnreachable);
            Assert.Contains("no such socket", gone.Message, StringComparison.Ordinal);
            await using StandInEngine second = StandInEngine.OnUnixSocket(path).On("GET", "/info", """{"Name":"second"}""");
            second.Api = "1.40";
            Assert.Equal("second", (await client.GetInfoAsync(EngineClient.Soon)).Name);
            Assert.Equal("1.40", second.Requests.Last().Version);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
