using System.Text.Json;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Tests.Connection;
using AgentSandbox.Tests.Docker.StandIn;

namespace AgentSandbox.Tests.Docker.Engine;

public sealed class PullTests
{
    // user:secret
    private const string Config = """{"auths":{"https://index.docker.io/v1/":{"auth":"dXNlcjpzZWNyZXQ="},"quay.io":{"identitytoken":"token"},"broken.example":{"auth":"%%"},"https://old.example/v1/":{"auth":"dXNlcjpzZWNyZXQ="}}}""";

    [Fact]
    public async Task A_pull_reports_how_far_it_is()
    {
        await using StandInEngine engine = StandInEngine.OnUnixSocket().On("POST", "/images/create", async (_, connection) =>
        {
            await connection.BeginChunksAsync();
            await connection.ChunkAsync("{\"status\":\"Pulling from library/python\",\"id\":\"3.12\"}\r\n{\"status\":\"Pulling fs layer\",\"progressDetail\":{},\"id\":\"a\"}\r\n{\"status\":\"Down");
            await connection.ChunkAsync("loading\",\"progressDetail\":{\"current\":50,\"total\":100},\"id\":\"a\"}\r\n");
            await connection.ChunkAsync("{\"status\":\"Pull complete\",\"progressDetail\":{},\"id\":\"a\"}\r\n");
            await connection.ChunkAsync("");
        });
        using DockerEngine client = EngineClient.Of(engine.Endpoint);
        Recorder recorder = new();
        await client.PullImageAsync("python:3.12", recorder, EngineClient.Soon);
        Assert.Equal([0, 25, 99, 100], recorder.Seen.Select(p => p.PercentComplete));
        Assert.All(recorder.Seen, p => Assert.Equal("Pulling python:3.12", p.Activity));
        StandInRequest request = engine.Requests.Last();
        Assert.Equal(("docker.io/library/python", "3.12"), (request.Query["fromImage"], request.Query["tag"]));
        Assert.False(request.Headers.ContainsKey("X-Registry-Auth"));
    }

    [Theory]
    [InlineData("python", "https://index.docker.io/v1/", "user", null)]
    [InlineData("quay.io/a/b", "quay.io", null, "token")]
    [InlineData("old.example/a", "old.example", "user", null)]
    [InlineData("registry.example.com/library/python", null, null, null)]
    [InlineData("quay.io:5000/a/b", null, null, null)]
    [InlineData("broken.example/a", null, null, null)]
    public async Task Credentials_go_with_a_pull_from_their_own_registry_only(string image, string? server, string? user, string? token)
    {
        await using StandInEngine engine = StandInEngine.OnUnixSocket().On("POST", "/images/create", "");
        using DockerEngine client = EngineClient.Of(engine.Endpoint, Config);
        await client.PullImageAsync(image, null, EngineClient.Soon);
        string? header = engine.Requests.Last().Headers.GetValueOrDefault("X-Registry-Auth");
        if (server is null)
        {
            Assert.Null(header);
            return;
        }

        JsonElement auth = JsonDocument.Parse(Convert.FromBase64String(header!.Replace('-', '+').Replace('_', '/'))).RootElement;
        string? Text(string name) => auth.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;
        Assert.Equal((server, user, user is null ? null : "secret", token), (Text("serveraddress"), Text("username"), Text("password"), Text("identitytoken")));
    }

    [Theory]
    [InlineData(200, """{"errorDetail":{"message":"manifest unknown"},"error":"old words"}""", "manifest unknown")]
    [InlineData(200, """{"error":"old words"}""", "old words")]
    [InlineData(404, """{"message":"pull access denied for x"}""", "pull access denied")]
    [InlineData(500, """{"message":"no route to host"}""", "no route to host")]
    [InlineData(200, "{nonsense", "can't be understood")]
    public async Task A_pull_that_fails_has_the_engine_s_words(int status, string body, string words)
    {
        await using StandInEngine engine = StandInEngine.OnUnixSocket().On("POST", "/images/create", body, status);
        using DockerEngine client = EngineClient.Of(engine.Endpoint, Config);
        SandboxException error = await client.PullImageAsync("broken.example/a", null, EngineClient.Soon).FailsWith(SandboxErrorId.ImagePullFailed);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
        Assert.Contains("docker login", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelling_a_pull_closes_its_connection()
    {
        TaskCompletionSource began = new(), closed = new();
        await using StandInEngine engine = StandInEngine.OnUnixSocket().On("POST", "/images/create", async (_, connection) =>
        {
            await connection.BeginChunksAsync();
            await connection.ChunkAsync("{\"status\":\"Waiting\",\"id\":\"a\"}\n");
            began.SetResult();
            await connection.ReadToEndAsync();
            closed.SetResult();
        });
        using DockerEngine client = EngineClient.Of(engine.Endpoint);
        using CancellationTokenSource cancel = new();
        Task pull = client.PullImageAsync("python", null, cancel.Token);
        await began.Task.Soon();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pull.Soon());
        await closed.Task.Soon();
    }

    [Fact]
    public async Task An_import_sends_the_archive_and_gives_the_id()
    {
        string id = "sha256:" + new string('a', 64);
        await using StandInEngine engine = StandInEngine.OnUnixSocket().On("POST", "/images/create", $"{{\"status\":\"{id}\"}}");
        using DockerEngine client = EngineClient.Of(engine.Endpoint);
        byte[] tar = new byte[300_000];
        Random.Shared.NextBytes(tar);
        Assert.Equal(id, await client.ImportImageAsync(new MemoryStream(tar), "r/x", "v1", ["LABEL a=b c"], EngineClient.Soon));
        StandInRequest request = engine.Requests.Last();
        Assert.Equal(tar, request.Body);
        Assert.Equal(("-", "r/x:v1", "v1", "LABEL a=b c"), (request.Query["fromSrc"], request.Query["repo"], request.Query["tag"], request.Query["changes"]));
        engine.On("POST", "/images/create", "{\"status\":\"nothing\"}");
        await Assert.ThrowsAsync<DockerEngineException>(() => client.ImportImageAsync(new MemoryStream(tar), "r/x", "v1", [], EngineClient.Soon));
        Assert.Empty(engine.Failures);
    }

    private sealed class Recorder : IProgress<SandboxProgress>
    {
        public List<SandboxProgress> Seen { get; } = [];

        public void Report(SandboxProgress value) => Seen.Add(value);
    }
}
