using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Connection;
using AgentSandbox.Copying;
using AgentSandbox.Copying.Archive;

namespace AgentSandbox.Backends.Docker.Windows.Copying;

/// <summary>The files of a stopped container, by the engine's archive calls: nothing of the sandbox runs that could interfere.</summary>
/// <param name="engine">The engine.</param>
/// <param name="containerId">The container.</param>
internal sealed class StoppedFiles(IDockerEngine engine, string containerId) : IContainerFiles
{
    /// <inheritdoc/>
    public async Task<PathKind> LookAsync(string path, CancellationToken cancellationToken)
    {
        if (WindowsPath.IsRoot(path))
        {
            return PathKind.Folder;
        }

        try
        {
            // There is a call that only looks, but the first header says the same.
            using Stream archive = await engine.GetArchiveAsync(containerId, path, cancellationToken);
            TarEntry? first = null;
            await BlockingStream.RunAsync(() => first = new TarStreamReader(new BlockingStream(archive, cancellationToken)).Next());
            return first?.Kind == TarEntryKind.Folder ? PathKind.Folder : PathKind.Other;
        }
        catch (DockerEngineException e) when (e.StatusCode == 404)
        {
            return PathKind.Nothing;
        }
    }

    /// <inheritdoc/>
    public async Task ExtractAsync(string folder, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        using var pipe = new BoundedPipe();
        using var copying = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task sending = SendAsync(pipe, write, copying.Token);
        try
        {
            await engine.PutArchiveAsync(containerId, folder, pipe, cancellationToken);
            await sending;
        }
        finally
        {
            // Should the engine have stopped reading, nobody makes room any more.
            pipe.Dispose();
            await copying.CancelAsync();
            await sending.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    /// <inheritdoc/>
    public async Task CreateAsync(string folder, string name, Func<Stream, CancellationToken, Task> read, CancellationToken cancellationToken)
    {
        using Stream archive = await engine.GetArchiveAsync(containerId, $"{folder.TrimEnd('\\')}\\{name}", cancellationToken);
        await read(archive, cancellationToken);
    }

    private static async Task SendAsync(BoundedPipe pipe, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        try
        {
            await write(new PipeInput(pipe), cancellationToken);
            pipe.End(null);
        }
        catch (Exception e)
        {
            // The engine must not take half of an archive for all of it: its call fails, with this.
            pipe.End(e as SandboxException ?? new SandboxException(SandboxErrorId.CopyFailed, $"The source could not be read on: {e.Message}", "Copy again.", innerException: e));
            throw;
        }
    }

    private sealed class PipeInput(BoundedPipe pipe) : OneWayStream
    {
        public override bool CanWrite => true;

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await pipe.AddAsync(buffer);
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }
}
