using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Model;

namespace AgentSandbox.Backends.Docker;

/// <summary>What is known about an engine.</summary>
/// <param name="Ping">Its API version and kind of containers.</param>
/// <param name="Info">Its answer to <c>/info</c>.</param>
/// <param name="IsLocal">It runs on this machine's own kernel and sees its files, so that what is here can be mounted there.</param>
internal sealed record EngineFacts(EnginePing Ping, EngineInfo Info, bool IsLocal)
{
    /// <summary>Docker Desktop: in a machine of its own, which sees the user's folders under their own paths.</summary>
    public bool IsDesktop => Info.OperatingSystem?.StartsWith("Docker Desktop", StringComparison.Ordinal) == true;
}

/// <summary>The engine that this process uses, and what is known about it. Connects when it is first needed: most commands need no engine.</summary>
/// <param name="connect">Makes the client.</param>
internal sealed class EngineHost(Func<IDockerEngine> connect) : IDisposable
{
    /// <summary>Time that facts are believed. An engine is seldom reconfigured, but it may be restarted.</summary>
    private static readonly TimeSpan s_trust = TimeSpan.FromSeconds(10);

    /// <summary>Several backends ask one after another; each waiting for the same connection to fail would take that many times as long.</summary>
    private static readonly TimeSpan s_failureTrust = TimeSpan.FromSeconds(1);

    private readonly Lazy<IDockerEngine> _engine = new(connect);
    private readonly object _gate = new();
    private EngineFacts? _facts;
    private SandboxException? _failure;
    private long _time;

    /// <summary>The client.</summary>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.EngineUnreachable"/>: its address can't be used.</exception>
    public IDockerEngine Engine => _engine.Value;

    /// <summary>False when nobody named an engine and none is at the place where one would be. Asks nobody.</summary>
    public bool IsExpected
    {
        get
        {
            const string Unix = "unix://";
            DockerEndpoint endpoint = Engine.Endpoint;
            return !endpoint.IsDefault || !endpoint.Address.StartsWith(Unix, StringComparison.Ordinal) || File.Exists(endpoint.Address[Unix.Length..]);
        }
    }

    /// <summary>Asks the engine about itself, now and then.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The facts.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.EngineUnreachable"/>.</exception>
    public async Task<EngineFacts> GetFactsAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            double age = Environment.TickCount64 - _time;
            if (_facts is not null && age < s_trust.TotalMilliseconds)
            {
                return _facts;
            }

            if (_failure is not null && age < s_failureTrust.TotalMilliseconds)
            {
                throw new SandboxException(_failure.ErrorId, _failure.Message, _failure.RecommendedAction, innerException: _failure);
            }
        }

        try
        {
            EnginePing ping = await Engine.PingAsync(cancellationToken);
            EngineInfo info = await Engine.GetInfoAsync(cancellationToken);
            var facts = new EngineFacts(ping, info, Locality.IsLocal(Engine.Endpoint, info));
            Remember(facts, null);
            return facts;
        }
        catch (SandboxException e)
        {
            Remember(null, e);
            throw;
        }
    }

    private void Remember(EngineFacts? facts, SandboxException? failure)
    {
        lock (_gate)
        {
            _facts = facts;
            _failure = failure;
            _time = Environment.TickCount64;
        }
    }

    /// <summary>As <see cref="GetFactsAsync"/>, for callers that can't wait asynchronously.</summary>
    /// <returns>The facts.</returns>
    public EngineFacts GetFacts() => Task.Run(() => GetFactsAsync(CancellationToken.None)).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_engine.IsValueCreated)
        {
            _engine.Value.Dispose();
        }
    }
}
