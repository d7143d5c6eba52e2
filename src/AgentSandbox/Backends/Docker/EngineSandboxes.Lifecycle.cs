using AgentSandbox.Backends.Docker.Containers;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Model;
using AgentSandbox.Connection;
using AgentSandbox.Protocol;

namespace AgentSandbox.Backends.Docker;

/// <summary>Creating, starting, stopping and removing; and commands.</summary>
internal sealed partial class EngineSandboxes
{
    /// <summary>Time to end orderly: what the guest gives its commands, and some for itself.</summary>
    private static readonly TimeSpan s_stopTimeout = ProtocolLimits.KillGrace + TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    public async Task<Sandbox> CreateAsync(SandboxSpecification specification, bool throwAway, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken)
    {
        DateTimeOffset created = DateTimeOffset.UtcNow;
        string nonce = Guid.NewGuid().ToString("N");
        string name = specification.Name ?? $"sandbox-{nonce[..8]}";
        var record = new ContainerRecord
        {
            Name = name,
            Specification = specification with { Name = name },
            Created = created,
            Expires = specification.TimeToLive is { } timeToLive ? created + timeToLive : null,
            ThrowAway = throwAway,
            Nonce = nonce,
            Creator = Creator.Current,
        };
        EngineBackend backend = Backend(record);
        try
        {
            EngineFacts facts = await _host.GetFactsAsync(cancellationToken);
            EngineImage image = await _images.EnsureAsync(specification, facts, progress, cancellationToken);
            (record, ContainerCreate request) = backend.Plan(record with { Warnings = backend.Warnings(specification) }, image, facts);
            return await CreateAsync(backend, record, request with { Labels = ContainerLabels.Write(_scope, record) }, cancellationToken);
        }
        catch (DockerEngineException e)
        {
            throw EngineRefusal.Translate(e, $"The sandbox '{name}' could not be made:", name);
        }
    }

    private async Task<Sandbox> CreateAsync(EngineBackend backend, ContainerRecord record, ContainerCreate request, CancellationToken cancellationToken)
    {
        try
        {
            string containerId = await CreateContainerAsync(record, request, cancellationToken);
            EngineContainer container = Remember(EngineContainer.Of(containerId, record));
            await backend.StartAsync(container, cancellationToken);
            KeepTime(container);
            return await LookAsync(container, cancellationToken);
        }
        catch (Exception failure)
        {
            try
            {
                await RemoveFailedAsync(record);
            }
            catch (Exception e) when (e is SandboxException or DockerEngineException && failure is not SandboxException { ErrorId: SandboxErrorId.EngineUnreachable })
            {
                throw new SandboxException(SandboxErrorId.CleanupFailed, $"{failure.Message} Then the container could not be removed: {e.Message}", $"Look at the sandboxes again when the engine answers, and remove '{record.Name}' if it is there.", record.Name, failure);
            }

            throw;
        }
    }

    /// <summary>By its name: when the request was cut short, its id is not known, but the container may exist.</summary>
    private async Task RemoveFailedAsync(ContainerRecord record)
    {
        if (await TryFindByNameAsync(record.Name, CancellationToken.None) is { } found && found.Container.Record.Nonce == record.Nonce)
        {
            await Engine.RemoveContainerAsync(found.Container.ContainerId, CancellationToken.None);
            Forget(found.Container);
        }
    }

    private async Task<string> CreateContainerAsync(ContainerRecord record, ContainerCreate request, CancellationToken cancellationToken)
    {
        string name = ContainerLabels.ContainerName(_scope, record.Name);
        for (bool isRetry = false; ; isRetry = true)
        {
            try
            {
                ContainerCreated created = await Engine.CreateContainerAsync(name, request, cancellationToken);
                return created.Warnings?.FirstOrDefault(IsDiscarded) is { } discarded ? throw await RefuseAsync(created.Id, record, discarded) : created.Id;
            }
            catch (DockerEngineException e) when (e.StatusCode == 409)
            {
                // One whose time is over, or whose creator was killed, is cleared away by the look.
                Sandbox? holder = await TryGetAsync(record.Name, cancellationToken);
                if (holder is null && !isRetry && await Engine.InspectContainerAsync(name, cancellationToken) is null)
                {
                    continue;
                }

                throw holder is not null
                    ? new SandboxException(SandboxErrorId.NameInUse, $"A sandbox named '{record.Name}' exists already.", $"Choose another name, or remove it: Remove-AgentSandbox {record.Name}", record.Name, e)
                    : new SandboxException(SandboxErrorId.NameInUse, $"The engine has a container '{name}' that is none of this product's: {e.Message}", "Choose another name, or remove that container yourself.", record.Name, e);
            }
        }
    }

    /// <summary>An engine whose kernel lacks a control group makes the container without that limit, and says so in a warning only.</summary>
    private static bool IsDiscarded(string warning) => warning.Contains("discarded", StringComparison.OrdinalIgnoreCase);

    private async Task<SandboxException> RefuseAsync(string containerId, ContainerRecord record, string warning)
    {
        await Engine.RemoveContainerAsync(containerId, CancellationToken.None);
        return new SandboxException(SandboxErrorId.NotEnforceable, $"The engine would not enforce all that was asked for: {GuestText.Clean(warning)}", "Enable what the engine's machine lacks, or ask for no limit with 0.", record.Name);
    }

    /// <inheritdoc/>
    public Task<Sandbox> StartAsync(string id, CancellationToken cancellationToken) => OperateAsync(id, "started", async container =>
    {
        await _marks.WaitAsync(container, cancellationToken);
        ContainerInspect inspect = await InPlaceAsync(container, cancellationToken);
        if (inspect.State?.Running != true)
        {
            Backend(container.Record).Forget(container);
            await Backend(container.Record).StartAsync(container, cancellationToken);
            KeepTime(container);
        }

        return await LookAsync(container, cancellationToken);
    }, cancellationToken);

    /// <inheritdoc/>
    public Task<Sandbox> StopAsync(string id, CancellationToken cancellationToken) => OperateAsync(id, "stopped", async container =>
    {
        await _marks.WaitAsync(container, cancellationToken);
        await InPlaceAsync(container, cancellationToken);
        Task stopping = Engine.StopContainerAsync(container.ContainerId, s_stopTimeout, CancellationToken.None);
        try
        {
            await stopping.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await Engine.StopContainerAsync(container.ContainerId, TimeSpan.Zero, CancellationToken.None);
            await stopping;
        }

        Backend(container.Record).Forget(container);
        return await LookAsync(container, CancellationToken.None);
    }, cancellationToken);

    /// <inheritdoc/>
    public Task RemoveAsync(string id, CancellationToken cancellationToken) => OperateAsync(id, "removed", async container =>
    {
        await _marks.WaitAsync(container, cancellationToken);
        if (container.Record.ThrowAway || Backend(container.Record).WhyNoCheckpoints is not null)
        {
            await Engine.RemoveContainerAsync(container.ContainerId, CancellationToken.None);
            Forget(container);
            return true;
        }

        ContainerInspect inspect = await Engine.InspectContainerAsync(container.ContainerId, cancellationToken) ?? throw new DockerEngineException(404, "No such container");
        await Engine.RemoveContainerAsync(container.ContainerId, CancellationToken.None);
        foreach (ContainerInspect beside in await BesideAsync(container))
        {
            await Engine.RemoveContainerAsync(beside.Id, CancellationToken.None); // Left by a restore.
        }

        await _snapshots.RemoveAllAsync(container, inspect.Image);
        Forget(container);
        return true;
    }, cancellationToken);

    /// <inheritdoc/>
    public Task<SandboxCommand> StartCommandAsync(string id, CommandSpecification command, CancellationToken cancellationToken) => OperateAsync(id, "reached", async container =>
    {
        try
        {
            return await Backend(container.Record).StartCommandAsync(container, command, cancellationToken);
        }
        catch (Exception e) when (e is SandboxException { ErrorId: SandboxErrorId.GuestDisconnected } or DockerEngineException { StatusCode: 404 or 409 or 500 } or IOException)
        {
            // Why it broke is the engine's to say: stopped, removed, or still there.
            ContainerInspect? inspect = await Engine.InspectContainerAsync(container.ContainerId, CancellationToken.None);
            if (inspect is null || IsAside(container, inspect))
            {
                throw new DockerEngineException(404, "No such container"); // Gone, or another one has its place.
            }

            bool wasCopied = inspect.State?.Status == "paused" ? _marks.IsHeld(container.Id) : e is DockerEngineException && e.Message.Contains("is paused", StringComparison.Ordinal);
            if (wasCopied)
            {
                await _marks.WaitAsync(container, cancellationToken);
                Backend(container.Record).Forget(container);
                return await Backend(container.Record).StartCommandAsync(container, command, cancellationToken);
            }

            SandboxStatus status = Status(container, inspect.State);
            if (status.State != SandboxState.Running)
            {
                Backend(container.Record).Forget(container);
                throw CommandDefaults.NotRunning(container.Record.Name, status.State, status.Reason);
            }

            if (e is IOException)
            {
                throw new SandboxException(SandboxErrorId.GuestDisconnected, $"The sandbox '{container.Record.Name}' can't be reached: {e.Message}", "Try again; if it stays so, start the sandbox again.", container.Record.Name, e);
            }

            throw;
        }
    }, cancellationToken);

    private void KeepTime(EngineContainer container)
    {
        // A throw-away sandbox is the engine's to delete as soon as it ends.
        if (container.Record is { Expires: not null, ThrowAway: false })
        {
            ContainerKeeper.Start(_home, container.Id);
        }
    }

    private async Task<Sandbox> LookAsync(EngineContainer container, CancellationToken cancellationToken) =>
        await TryLookAsync(container, cancellationToken) ?? throw SandboxManager.NotFound(container.Record.Name);

    private async Task<T> OperateAsync<T>(string id, string what, Func<EngineContainer, Task<T>> operation, CancellationToken cancellationToken)
    {
        EngineContainer? container = null;
        try
        {
            container = await FindAsync(id, cancellationToken);
            try
            {
                return await operation(container);
            }
            catch (DockerEngineException e) when (e.StatusCode == 404)
            {
                Drop(container);
                if (await TryFindByIdAsync(id, cancellationToken) is not { } now)
                {
                    throw;
                }

                container = now.Container; // It was restored by another process, which made another container of it; or that was killed, and what it left is settled now.
            }

            return await operation(container);
        }
        catch (DockerEngineException e) when (e.StatusCode == 404)
        {
            if (container is not null)
            {
                Forget(container);
            }

            throw SandboxManager.NotFound(container?.Record.Name ?? id);
        }
        catch (DockerEngineException e)
        {
            string name = container?.Record.Name ?? id;
            throw EngineRefusal.Translate(e, $"The sandbox '{name}' could not be {what}:", name);
        }
    }
}
