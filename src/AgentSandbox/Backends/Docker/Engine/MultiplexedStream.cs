namespace AgentSandbox.Backends.Docker.Engine;

/// <summary>Which of a process's streams a frame belongs to: the first byte of its header.</summary>
internal enum StandardStream
{
    /// <summary>Standard input; an engine never sends it.</summary>
    Input = 0,

    /// <summary>Standard output.</summary>
    Output = 1,

    /// <summary>Standard error.</summary>
    Error = 2,

    /// <summary>The engine's own error about the stream.</summary>
    SystemError = 3,
}

/// <summary>
/// The streams of a container's or an exec's process without a terminal, after the upgrade: what it writes comes in frames
/// (<c>[type,0,0,0][u32 length]</c>), what it reads is sent as it is. One reader and one writer may be at it at the same time.
/// </summary>
internal abstract class MultiplexedStream : IAsyncDisposable, IDisposable
{
    /// <summary>Reads output. A system error of the engine is thrown as <see cref="DockerEngineException"/>; a frame that no engine sends as well.</summary>
    /// <param name="buffer">Receives bytes of one stream.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <returns>Which stream, and how many bytes; 0 at the end.</returns>
    public abstract ValueTask<(StandardStream Stream, int Count)> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken);

    /// <summary>Writes to standard input.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="cancellationToken">Cancels the writing.</param>
    /// <returns>A task that completes when they are sent.</returns>
    public abstract ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Ends standard input; output goes on.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that completes when that is sent.</returns>
    public abstract ValueTask CloseWriteAsync(CancellationToken cancellationToken);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    /// <inheritdoc/>
    public abstract void Dispose();
}
