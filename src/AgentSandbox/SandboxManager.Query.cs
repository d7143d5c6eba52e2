using AgentSandbox.Backends;

namespace AgentSandbox;

public sealed partial class SandboxManager
{
    /// <summary>Looks at every sandbox, whichever process made it: those of this machine, and those of the container engine. Repairs what a killed process left.</summary>
    /// <param name="warn">Told, in a sentence, when a place that may keep sandboxes can't be looked at; without it that is an error.</param>
    /// <returns>The sandboxes, by name.</returns>
    /// <exception cref="SandboxException">A place can't be looked at.</exception>
    public IReadOnlyList<Sandbox> List(Action<string>? warn = null)
    {
        var all = new List<Sandbox>();
        foreach (ISandboxProvider provider in _providers)
        {
            try
            {
                all.AddRange(Wait(() => provider.ListAsync(CancellationToken.None)));
            }
            catch (SandboxException e) when (warn is not null && e.ErrorId is SandboxErrorId.EngineUnreachable or SandboxErrorId.RootRequired)
            {
                warn($"{e.Message} {e.RecommendedAction}");
            }
        }

        return [.. all.OrderBy(s => s.Name, StringComparer.OrdinalIgnoreCase)];
    }

    /// <summary>Looks at one sandbox.</summary>
    /// <param name="nameOrId">Its name (without regard to case) or id. Should this machine and a container engine have the same name, it is this machine's; the other is reached by its id.</param>
    /// <returns>The sandbox.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.SandboxNotFound"/>.</exception>
    public Sandbox Get(string nameOrId)
    {
        if (!SandboxName.IsValid(nameOrId))
        {
            throw NotFound(SandboxName.Printable(nameOrId));
        }

        SandboxException? unreachable = null;
        foreach (ISandboxProvider provider in _providers)
        {
            try
            {
                if (Wait(() => provider.TryGetAsync(nameOrId, CancellationToken.None)) is { } sandbox)
                {
                    return sandbox;
                }
            }
            catch (SandboxException e)
            {
                unreachable = Worse(unreachable, e);
            }
        }

        throw unreachable ?? NotFound(nameOrId);
    }

    /// <summary>Of two places that can't be looked at, the one whose reason is said: an engine that should answer, before what only root may see.</summary>
    private static SandboxException Worse(SandboxException? first, SandboxException second) =>
        first is null || first.ErrorId == SandboxErrorId.RootRequired ? second : first;

    /// <summary>Off the caller's synchronisation context, if it has one: a look must not wait for the thread that waits for it.</summary>
    private static T Wait<T>(Func<Task<T>> look) => Task.Run(look).GetAwaiter().GetResult();
}
