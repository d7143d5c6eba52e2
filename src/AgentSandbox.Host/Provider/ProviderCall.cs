using System.Diagnostics.CodeAnalysis;
using AgentSandbox.Backends.Linux.Local;
using AgentSandbox.Backends.Wsl.Wire;
using AgentSandbox.State;

namespace AgentSandbox.Host.Provider;

/// <summary>One request that is being answered. Thread-safe.</summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The token source has no timer and no wait handle, and the thread that waits for the end of the input may use it to the last.")]
internal sealed class ProviderCall
{
    private readonly object _gate = new();
    private readonly Stream _output;
    private readonly CancellationTokenSource _gone = new();
    private bool _hasEnded;

    /// <summary>Creates a call.</summary>
    /// <param name="home">The state folder.</param>
    /// <param name="manager">This kernel's sandboxes.</param>
    /// <param name="sandboxes">The same, as the manager sees them.</param>
    /// <param name="input">What follows the request.</param>
    /// <param name="output">Where the answer goes.</param>
    public ProviderCall(SandboxHome home, SandboxManager manager, LocalSandboxes sandboxes, LineStream input, Stream output)
    {
        Home = home;
        Manager = manager;
        Sandboxes = sandboxes;
        Input = input;
        _output = output;
    }

    /// <summary>The request.</summary>
    public ProviderRequest Request { get; set; } = null!;

    /// <summary>The state folder.</summary>
    public SandboxHome Home { get; }

    /// <summary>This kernel's sandboxes, and no others.</summary>
    public SandboxManager Manager { get; }

    /// <summary>The place that keeps them.</summary>
    public LocalSandboxes Sandboxes { get; }

    /// <summary>What follows the request on standard input.</summary>
    public LineStream Input { get; }

    /// <summary>Cancelled when the host closes its end. Only once <see cref="CancelWhenInputEnds"/> was called.</summary>
    public CancellationToken Token => _gone.Token;

    /// <summary>The request's id of a sandbox.</summary>
    public string Id => Request.Id ?? throw Incomplete(nameof(ProviderRequest.Id));

    /// <summary>Says that a request lacks what its verb needs.</summary>
    /// <param name="what">The member.</param>
    /// <returns>The error.</returns>
    public static SandboxException Incomplete(string what) =>
        new(SandboxErrorId.InvalidSpecification, $"The request has no {what}.", "This is a defect of this product; please report it.");

    /// <summary>From now on nothing more is expected on standard input, and its end is the host's "never mind": it cancels <see cref="Token"/>.</summary>
    public void CancelWhenInputEnds()
    {
        var thread = new Thread(() =>
        {
            byte[] buffer = new byte[64];
            try
            {
                while (Input.Read(buffer) > 0)
                {
                    // More than one request is not spoken here.
                }
            }
            catch (IOException)
            {
                // As good as its end.
            }

            _gone.Cancel();
        })
        { IsBackground = true, Name = "end of standard input" };
        thread.Start();
    }

    /// <summary>Writes a line.</summary>
    /// <param name="line">The line.</param>
    /// <exception cref="IOException">The host does not read any more.</exception>
    public void Write(ProviderLine line)
    {
        byte[] bytes = ProviderProtocol.ToLine(line, ProviderJson.Default.ProviderLine);
        lock (_gate)
        {
            try
            {
                _output.Write(bytes);
            }
            catch (IOException e)
            {
                throw new HostGoneException(e);
            }
        }
    }

    /// <summary>Writes the last line. A verb that goes on with bytes writes it itself; there is only one.</summary>
    /// <param name="error">What went wrong; null when nothing did.</param>
    public void End(ProviderError? error)
    {
        if (!_hasEnded)
        {
            _hasEnded = true;
            Write(new ProviderLine { End = true, Error = error, NeedsHold = DistributionHold.IsNeeded(Home) });
        }
    }
}

/// <summary>The host does not read any more, so there is nobody to answer.</summary>
/// <param name="cause">How it was noticed.</param>
internal sealed class HostGoneException(Exception cause) : Exception("The host does not read any more.", cause);
