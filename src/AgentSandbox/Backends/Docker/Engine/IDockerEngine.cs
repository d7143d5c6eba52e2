using AgentSandbox.Backends.Docker.Engine.Model;

namespace AgentSandbox.Backends.Docker.Engine;

/// <summary>
/// The part of the Docker Engine API that this product uses, with Docker's own names. Every method throws <see cref="DockerEngineException"/> when
/// the engine answers with an error, and <see cref="SandboxException"/> with <see cref="SandboxErrorId.EngineUnreachable"/> when it does not answer.
/// Thread-safe.
/// </summary>
internal interface IDockerEngine : IDisposable
{
    /// <summary>Where the engine is.</summary>
    DockerEndpoint Endpoint { get; }

    /// <summary>Asks what the engine is (<c>GET /_ping</c>) and settles the API version. Asked once, then remembered.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The answer.</returns>
    Task<EnginePing> PingAsync(CancellationToken cancellationToken);

    /// <summary><c>GET /info</c>.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The answer.</returns>
    Task<EngineInfo> GetInfoAsync(CancellationToken cancellationToken);

    /// <summary><c>GET /images/{name}/json</c>.</summary>
    /// <param name="reference">Name, name:tag, name@digest or id.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The image, or null when the engine has none of that name.</returns>
    Task<ImageInspect?> InspectImageAsync(string reference, CancellationToken cancellationToken);

    /// <summary><c>POST /images/create?fromImage=</c>: pulls an image, with the credentials that the docker CLI has for its registry.</summary>
    /// <param name="reference">As the user wrote it; without tag and digest it is <c>latest</c>.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Cancels the pull.</param>
    /// <returns>A task that completes when the engine has it.</returns>
    Task PullImageAsync(string reference, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken);

    /// <summary><c>POST /images/create?fromSrc=-</c>: makes an image of one layer from a root file system.</summary>
    /// <param name="tar">The root file system as tar.</param>
    /// <param name="repository">Its repository name.</param>
    /// <param name="tag">Its tag.</param>
    /// <param name="changes">Dockerfile instructions, such as <c>LABEL a=b</c>.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Id of the image.</returns>
    Task<string> ImportImageAsync(Stream tar, string repository, string tag, IReadOnlyList<string> changes, CancellationToken cancellationToken);

    /// <summary><c>GET /images/json</c>.</summary>
    /// <param name="labels">Labels that an image must have, as <c>name</c> or <c>name=value</c>.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The images.</returns>
    Task<IReadOnlyList<ImageSummary>> ListImagesAsync(IReadOnlyList<string> labels, CancellationToken cancellationToken);

    /// <summary>
    /// <c>POST /commit?container=</c>: makes an image without a name of what a container has written, on the image that it stands on. A running one is paused meanwhile. An engine
    /// does not stop half-way when it is not waited for: the image comes all the same.
    /// </summary>
    /// <param name="id">Id or name of the container.</param>
    /// <param name="changes">Dockerfile instructions, such as <c>LABEL a=b</c>.</param>
    /// <param name="cancellationToken">Ends the waiting only.</param>
    /// <returns>Id of the image.</returns>
    Task<string> CommitContainerAsync(string id, IReadOnlyList<string> changes, CancellationToken cancellationToken);

    /// <summary><c>POST /images/{id}/tag</c>: gives an image a name, and takes it from the one that had it, in one step.</summary>
    /// <param name="imageId">Id of the image.</param>
    /// <param name="repository">Its repository name.</param>
    /// <param name="tag">Its tag.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that completes when it has it.</returns>
    Task TagImageAsync(string imageId, string repository, string tag, CancellationToken cancellationToken);

    /// <summary><c>DELETE /images/{name}?noprune=1</c>: as <see cref="RemoveImageAsync"/>, but images that it stands on stay, whoever they belong to.</summary>
    /// <param name="reference">Name or id.</param>
    /// <param name="force">Takes the name also from one that a container stands on; the image itself then stays without it.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that completes when it is gone.</returns>
    Task RemoveImageOnlyAsync(string reference, bool force, CancellationToken cancellationToken);

    /// <summary><c>DELETE /images/{name}</c>. One that is gone already is fine.</summary>
    /// <param name="reference">Name or id.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that completes when it is gone.</returns>
    Task RemoveImageAsync(string reference, CancellationToken cancellationToken);

    /// <summary><c>POST /containers/create</c>.</summary>
    /// <param name="name">Name of the container.</param>
    /// <param name="request">What it shall be.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Its id, and what the engine warns about.</returns>
    Task<ContainerCreated> CreateContainerAsync(string name, ContainerCreate request, CancellationToken cancellationToken);

    /// <summary><c>POST /containers/{id}/rename</c>.</summary>
    /// <param name="id">Id or name.</param>
    /// <param name="name">Its new name.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that completes when it has it.</returns>
    Task RenameContainerAsync(string id, string name, CancellationToken cancellationToken);

    /// <summary><c>POST /containers/{id}/start</c>. A running one stays as it is.</summary>
    /// <param name="id">Id or name.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that completes when it runs.</returns>
    Task StartContainerAsync(string id, CancellationToken cancellationToken);

    /// <summary><c>POST /containers/{id}/stop</c>: its stop signal, then SIGKILL. A stopped one stays as it is.</summary>
    /// <param name="id">Id or name.</param>
    /// <param name="timeout">Time before SIGKILL; whole seconds.</param>
    /// <param name="cancellationToken">Cancels the waiting.</param>
    /// <returns>A task that completes when it has stopped.</returns>
    Task StopContainerAsync(string id, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary><c>DELETE /containers/{id}?force=1&amp;v=1</c>: kills it, deletes it and its anonymous volumes. One that is gone, or on its way, is fine; completes when it is gone.</summary>
    /// <param name="id">Id or name.</param>
    /// <param name="cancellationToken">Cancels the waiting.</param>
    /// <returns>A task that completes when it is gone.</returns>
    Task RemoveContainerAsync(string id, CancellationToken cancellationToken);

    /// <summary><c>POST /containers/{id}/wait?condition=removed</c>.</summary>
    /// <param name="id">Id or name.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>A task that completes when the container is gone, whoever removed it, or was not there.</returns>
    Task WaitUntilRemovedAsync(string id, CancellationToken cancellationToken);

    /// <summary><c>GET /containers/{id}/json</c>.</summary>
    /// <param name="id">Id or name.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The container, or null when there is none.</returns>
    Task<ContainerInspect?> InspectContainerAsync(string id, CancellationToken cancellationToken);

    /// <summary><c>GET /containers/json?all=1</c>.</summary>
    /// <param name="labels">Labels that a container must have, as <c>name</c> or <c>name=value</c>.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The containers, whatever their state.</returns>
    Task<IReadOnlyList<ContainerSummary>> ListContainersAsync(IReadOnlyList<string> labels, CancellationToken cancellationToken);

    /// <summary><c>GET /containers/{id}/stats?stream=0&amp;one-shot=1</c>.</summary>
    /// <param name="id">Id or name.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The use of resources; null when it does not run, or the engine's API is older than 1.41 and would take seconds to answer.</returns>
    Task<ContainerStats?> GetStatsAsync(string id, CancellationToken cancellationToken);

    /// <summary><c>PUT /containers/{id}/archive</c>: extracts a tar into a container.</summary>
    /// <param name="id">Id or name.</param>
    /// <param name="path">Folder in the container that is extracted into.</param>
    /// <param name="tar">The archive.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that completes when it is extracted.</returns>
    Task PutArchiveAsync(string id, string path, Stream tar, CancellationToken cancellationToken);

    /// <summary><c>GET /containers/{id}/archive</c>: a file or folder of a container as tar.</summary>
    /// <param name="id">Id or name.</param>
    /// <param name="path">Path in the container.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The archive; dispose it.</returns>
    Task<Stream> GetArchiveAsync(string id, string path, CancellationToken cancellationToken);

    /// <summary><c>POST /containers/{id}/attach?stream=1&amp;stdin=1&amp;stdout=1&amp;stderr=1</c>, upgraded to a raw connection. To be called before the start, so that no byte is missed.</summary>
    /// <param name="id">Id or name.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <returns>The streams of the container's first process.</returns>
    Task<MultiplexedStream> AttachContainerAsync(string id, CancellationToken cancellationToken);

    /// <summary><c>POST /containers/{id}/exec</c>.</summary>
    /// <param name="id">Id or name of the container.</param>
    /// <param name="request">What to start.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Id of the exec.</returns>
    Task<string> CreateExecAsync(string id, ExecCreate request, CancellationToken cancellationToken);

    /// <summary><c>POST /exec/{id}/start</c>, upgraded to a raw connection.</summary>
    /// <param name="execId">Id of the exec.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <returns>The streams of the process.</returns>
    Task<MultiplexedStream> StartExecAsync(string execId, CancellationToken cancellationToken);

    /// <summary><c>GET /exec/{id}/json</c>.</summary>
    /// <param name="execId">Id of the exec.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The exec, or null when the engine has forgotten it.</returns>
    Task<ExecInspect?> InspectExecAsync(string execId, CancellationToken cancellationToken);
}
