using System.Text.Json;
using AgentSandbox.Backends.Wsl.Cli;
using AgentSandbox.Backends.Wsl.Wire;

namespace AgentSandbox.Backends.Wsl.Provider;

/// <summary>The program is not in the distribution.</summary>
/// <param name="message">What was said.</param>
internal sealed class ProgramMissingException(string message) : SandboxException(SandboxErrorId.WslFailed, message, "Install the distribution anew: Install-SandboxBackend Wsl -Force.");

/// <summary>One running <c>agentsandbox provider VERB</c>: a request in, lines out, and for some verbs bytes after that. Used by one caller at a time.</summary>
internal sealed class ProviderExchange : IAsyncDisposable
{
    /// <summary>Time without a line, after which nothing is expected any more. A cold start of WSL's virtual machine is in it.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120);

    private static readonly TimeSpan s_endPatience = TimeSpan.FromSeconds(10);

    private readonly IWslProcess _process;
    private readonly LineStream _output;
    private ProviderLine? _peeked;
    private int _lines;

    /// <summary>Takes a process over.</summary>
    /// <param name="process">The process.</param>
    public ProviderExchange(IWslProcess process)
    {
        _process = process;
        _output = new LineStream(process.Output);
    }

    /// <summary>What the verb reads.</summary>
    public Stream Input => _process.Input;

    /// <summary>What follows the lines that were read.</summary>
    public Stream Output => _output;

    /// <summary>The process.</summary>
    public IWslProcess Process => _process;

    /// <summary>Sends the request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="send">Sends what follows it.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task SendAsync(ProviderRequest request, Func<Stream, CancellationToken, Task>? send, CancellationToken cancellationToken)
    {
        try
        {
            await Input.WriteAsync(ProviderProtocol.ToLine(request, ProviderJson.Default.ProviderRequest), cancellationToken);
            if (send is not null)
            {
                await send(Input, cancellationToken);
            }

            await Input.FlushAsync(cancellationToken);
        }
        catch (IOException)
        {
            // It has ended, and its output says why.
        }
    }

    /// <summary>Looks at the next line without taking it.</summary>
    /// <param name="cancellationToken">Cancels the waiting.</param>
    /// <returns>The line.</returns>
    public async Task<ProviderLine> PeekAsync(CancellationToken cancellationToken) => _peeked ??= await ReadAsync(cancellationToken);

    /// <summary>Takes the next line.</summary>
    /// <param name="cancellationToken">Cancels the waiting.</param>
    /// <returns>The line.</returns>
    /// <exception cref="SandboxException">There is none: wsl.exe's own failure, or the distribution does not keep to what was agreed.</exception>
    public async Task<ProviderLine> ReadAsync(CancellationToken cancellationToken)
    {
        if (_peeked is { } peeked)
        {
            _peeked = null;
            return peeked;
        }

        if (++_lines > ProviderProtocol.MaxLines)
        {
            throw ProviderAnswers.Violation("it says too much.");
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(s_patience);
        try
        {
            // A pipe's read can't always be cancelled; it is given up, and ends with the process.
            ReadOnlyMemory<byte>? line = await _output.ReadLineAsync(ProviderProtocol.MaxLine, deadline.Token).AsTask().WaitAsync(deadline.Token);
            if (line is { Length: > 0 } json && json.Span[0] == (byte)'{')
            {
                return JsonSerializer.Deserialize(json.Span, ProviderJson.Default.ProviderLine) ?? throw ProviderAnswers.Violation("a line is empty.");
            }

            throw await ExplainAsync(line ?? default, deadline.Token);
        }
        catch (InvalidDataException e)
        {
            throw await ExplainAsync(default, CancellationToken.None, e);
        }
        catch (JsonException e)
        {
            throw ProviderAnswers.Violation(Connection.GuestText.Clean(e.Message));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new SandboxException(SandboxErrorId.WslFailed, $"The distribution did not answer within {s_patience.TotalSeconds:0} s.", "Try again; if it stays so, restart it: wsl --shutdown ends all distributions.");
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _process.DisposeAsync();

    /// <summary>What came is no line of the provider: wsl.exe's own words, or the end.</summary>
    private async Task<SandboxException> ExplainAsync(ReadOnlyMemory<byte> begun, CancellationToken cancellationToken, Exception? cause = null)
    {
        const int MaxText = 64 * 1024;
        // As bytes, not as the lines that they were read by: an old wsl.exe writes UTF-16, where a line feed is two bytes.
        using var text = new MemoryStream();
        text.Write(begun.Span);
        text.WriteByte((byte)'\n');
        byte[] buffer = new byte[4096];
        try
        {
            for (int n; text.Length < MaxText && (n = await _output.ReadAsync(buffer, cancellationToken).AsTask().WaitAsync(s_endPatience, cancellationToken)) > 0;)
            {
                text.Write(buffer, 0, n);
            }
        }
        catch (Exception e) when (e is TimeoutException or IOException)
        {
            // What came has to do.
        }

        int? exitCode = await _process.WaitAsync(s_endPatience);
        string errors = _process.ErrorText;
        var result = new WslResult(exitCode ?? 0, text.ToArray(), System.Text.Encoding.UTF8.GetBytes(errors));
        if (begun.IsEmpty && !result.IsOwnFailure && errors.Contains("No such file or directory", StringComparison.Ordinal))
        {
            return new ProgramMissingException($"The distribution has no {WslProvider.ProgramFolder}/agentsandbox: {errors}");
        }

        return result.ErrorCode is not null || result.IsOwnFailure
            ? WslErrors.Translate(result, "run a program in the distribution")
            : new SandboxException(SandboxErrorId.WslFailed, $"The distribution's side ended without an answer. {result.Message}", "Try again. If it stays so: Install-SandboxBackend Wsl -Force.", null, cause);
    }
}
