namespace AgentSandbox.Backends.Wsl.Cli;

/// <summary>The one way to <c>wsl.exe</c>. A seam: tests put answers in its place.</summary>
internal interface IWslCli
{
    /// <summary>It is there to be asked.</summary>
    bool IsThere { get; }

    /// <summary>Runs it to its end.</summary>
    /// <param name="arguments">Its arguments, exact.</param>
    /// <param name="input">What it reads; null is nothing.</param>
    /// <param name="patience">How long it may take; it is ended then.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>How it ended.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.WslFailed"/>: it can't be started, took too long, or wrote without end.</exception>
    Task<WslResult> RunAsync(IReadOnlyList<string> arguments, Stream? input, TimeSpan patience, CancellationToken cancellationToken);

    /// <summary>Starts it with streams.</summary>
    /// <param name="arguments">Its arguments, exact.</param>
    /// <returns>The process.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.WslFailed"/>: it can't be started.</exception>
    IWslProcess Start(IReadOnlyList<string> arguments);

    /// <summary>Starts it so that it lives on without this process, and holds nothing of it open.</summary>
    /// <param name="arguments">Its arguments, exact.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.WslFailed"/>: it can't be started.</exception>
    void StartDetached(IReadOnlyList<string> arguments);
}

/// <summary>A running <c>wsl.exe</c>. Disposing closes its standard input, gives it a moment, and ends it when it stays.</summary>
internal interface IWslProcess : IAsyncDisposable
{
    /// <summary>Its standard input, unbuffered.</summary>
    Stream Input { get; }

    /// <summary>Its standard output.</summary>
    Stream Output { get; }

    /// <summary>The end of what it wrote on standard error so far, as one safe line.</summary>
    string ErrorText { get; }

    /// <summary>Waits for its end.</summary>
    /// <param name="patience">How long at most.</param>
    /// <returns>Its exit code; null when it runs on.</returns>
    Task<int?> WaitAsync(TimeSpan patience);
}
