using AgentSandbox.Backends.Docker.Engine.Http;
using AgentSandbox.Backends.Docker.Engine.Model;

namespace AgentSandbox.Backends.Docker.Engine;

/// <content>What moves bytes in and out of containers: archives, attach and exec.</content>
internal sealed partial class DockerEngine
{
    /// <inheritdoc/>
    public Task PutArchiveAsync(string id, string path, Stream tar, CancellationToken cancellationToken) => RunAsync(
        new EngineCall(HttpMethod.Put, $"{Container(id)}/archive?path={EnginePath.Value(path)}") { Upload = tar, Bound = Timeout.InfiniteTimeSpan }, cancellationToken);

    /// <inheritdoc/>
    public Task<Stream> GetArchiveAsync(string id, string path, CancellationToken cancellationToken)
    {
        EngineCall call = EngineCall.Get($"{Container(id)}/archive?path={EnginePath.Value(path)}") with { Bound = EngineCall.Slow };
        return VersionedAsync(call, prefix => _http.OpenAsync(call, prefix, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<MultiplexedStream> AttachContainerAsync(string id, CancellationToken cancellationToken) =>
        HijackAsync(EngineCall.Post($"{Container(id)}/attach?stream=1&stdin=1&stdout=1&stderr=1"), cancellationToken);

    /// <inheritdoc/>
    public async Task<string> CreateExecAsync(string id, ExecCreate request, CancellationToken cancellationToken) =>
        (await ReadAsync(EngineCall.Post($"{Container(id)}/exec").With(request, EngineJson.Default.ExecCreate), EngineJson.Default.ExecCreated, cancellationToken)).Id;

    /// <inheritdoc/>
    public Task<MultiplexedStream> StartExecAsync(string execId, CancellationToken cancellationToken) =>
        HijackAsync(EngineCall.Post($"{Exec(execId)}/start").With(new ExecStart(), EngineJson.Default.ExecStart), cancellationToken);

    /// <inheritdoc/>
    public Task<ExecInspect?> InspectExecAsync(string execId, CancellationToken cancellationToken) =>
        TryReadAsync(EngineCall.Get($"{Exec(execId)}/json"), EngineJson.Default.ExecInspect, cancellationToken);

    private static string Exec(string id) => $"/exec/{EnginePath.Segment(id)}";
}
