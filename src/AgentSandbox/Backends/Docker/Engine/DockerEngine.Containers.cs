using System.Globalization;
using System.Text.Json;
using AgentSandbox.Backends.Docker.Engine.Http;
using AgentSandbox.Backends.Docker.Engine.Model;

namespace AgentSandbox.Backends.Docker.Engine;

/// <content>Containers.</content>
internal sealed partial class DockerEngine
{
    private static readonly TimeSpan s_firstLook = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_longestLook = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public async Task<ContainerCreated> CreateContainerAsync(string name, ContainerCreate request, CancellationToken cancellationToken)
    {
        bool isPodman = (await PingAsync(cancellationToken)).IsPodman;
        using PodmanProfile? profile = isPodman ? PodmanProfile.Of(request) : null;
        try
        {
            return await ReadAsync(
                EngineCall.Post($"/containers/create?name={EnginePath.Value(name)}").With(profile?.Request ?? request, EngineJson.Default.ContainerCreate), EngineJson.Default.ContainerCreated, cancellationToken);
        }
        catch (DockerEngineException e) when (isPodman && e.StatusCode == 500 && e.Message.EndsWith("name is already in use", StringComparison.Ordinal))
        {
            throw new DockerEngineException(409, e.Message); // As Docker has it.
        }
    }

    /// <inheritdoc/>
    public Task RenameContainerAsync(string id, string name, CancellationToken cancellationToken) =>
        RunAsync(EngineCall.Post($"{Container(id)}/rename?name={EnginePath.Value(name)}"), cancellationToken);

    /// <inheritdoc/>
    public Task StartContainerAsync(string id, CancellationToken cancellationToken) => RunAsync(EngineCall.Post($"{Container(id)}/start"), cancellationToken);

    /// <inheritdoc/>
    public Task StopContainerAsync(string id, TimeSpan timeout, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.Zero);
        string seconds = Math.Ceiling(timeout.TotalSeconds).ToString("0", CultureInfo.InvariantCulture);
        return RunAsync(EngineCall.Post($"{Container(id)}/stop?t={seconds}") with { Bound = timeout + EngineCall.Slow }, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task RemoveContainerAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            await RunAsync(new EngineCall(HttpMethod.Delete, $"{Container(id)}?force=1&v=1") { Bound = EngineCall.Slow }, cancellationToken);
        }
        catch (DockerEngineException e) when (e.StatusCode == 404)
        {
            // Gone already is what was asked for.
        }
        catch (DockerEngineException e) when (e.StatusCode == 409 && e.Message.Contains("already in progress", StringComparison.Ordinal))
        {
            await WaitUntilGoneAsync(id, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task WaitUntilRemovedAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            // The head comes at once, the body when it has happened.
            EngineCall call = EngineCall.Post($"{Container(id)}/wait?condition=removed") with { Bound = Timeout.InfiniteTimeSpan };
            await VersionedAsync(call, prefix => _http.SendAsync(call, prefix, ReadToEndAsync, cancellationToken), cancellationToken);
        }
        catch (DockerEngineException e) when (e.StatusCode == 404)
        {
            // Gone already.
        }
    }

    /// <inheritdoc/>
    public Task<ContainerInspect?> InspectContainerAsync(string id, CancellationToken cancellationToken) =>
        TryReadAsync(EngineCall.Get($"{Container(id)}/json"), EngineJson.Default.ContainerInspect, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ContainerSummary>> ListContainersAsync(IReadOnlyList<string> labels, CancellationToken cancellationToken) =>
        await ReadAsync(EngineCall.Get($"/containers/json?all=1{LabelFilter(labels)}"), EngineJson.Default.ListContainerSummary, cancellationToken);

    /// <inheritdoc/>
    public async Task<ContainerStats?> GetStatsAsync(string id, CancellationToken cancellationToken)
    {
        EnginePing ping = await PingAsync(cancellationToken);
        if (ping.ApiVersion < ApiVersion.OneShotStats)
        {
            return null;
        }

        StatsAnswer answer = await ReadAsync(EngineCall.Get($"{Container(id)}/stats?stream=0&one-shot=1"), EngineJson.Default.StatsAnswer, cancellationToken);
        return answer.ToStats(ping.OSType);
    }

    private static async Task<bool> ReadToEndAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellationToken);
        await body.CopyToAsync(Stream.Null, cancellationToken);
        return true;
    }

    private static string Container(string id) => $"/containers/{EnginePath.Segment(id)}";

    private static string LabelFilter(IReadOnlyList<string> labels) => labels.Count == 0 ? "" : "&filters=" + EnginePath.Value(JsonSerializer.Serialize(
        new Dictionary<string, IReadOnlyList<string>> { ["label"] = labels }, EngineJson.Default.DictionaryStringIReadOnlyListString));

    // Somebody else's removal is under way; there is no call that waits for its end on every engine.
    private async Task WaitUntilGoneAsync(string id, CancellationToken cancellationToken)
    {
        for (TimeSpan pause = s_firstLook; await InspectContainerAsync(id, cancellationToken) is not null; pause = pause * 2 < s_longestLook ? pause * 2 : s_longestLook)
        {
            await Task.Delay(pause, cancellationToken);
        }
    }
}
