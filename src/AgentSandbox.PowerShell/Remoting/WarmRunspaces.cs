
namespace AgentSandbox.PowerShell.Remoting;

/// <summary>
/// The runspaces of this process that wait in sandboxes for their next script block: starting a PowerShell takes half a second and more, running something in one that is there milliseconds.
/// A runspace runs one block at a time; blocks at the same time get one each.
/// </summary>
internal static class WarmRunspaces
{
    /// <summary>How long one waits. It takes memory of the sandbox, and as long as it is there the sandbox is not idle.</summary>
    private static readonly TimeSpan s_idleTime = TimeSpan.FromMinutes(5);

    private static readonly object s_lock = new();
    private static readonly Dictionary<string, Stack<Idle>> s_idle = new(StringComparer.Ordinal);

    /// <summary>Takes one that waits, or opens one.</summary>
    /// <param name="manager">The sandboxes.</param>
    /// <param name="sandbox">The sandbox.</param>
    /// <param name="plan">Says user, folder and environment.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The runspace.</returns>
    public static async Task<SandboxRunspace> TakeAsync(SandboxManager manager, Sandbox sandbox, BlockPlan plan, CancellationToken cancellationToken)
    {
        string key = Key(sandbox, plan);
        while (Pop(key) is { } runspace)
        {
            if (await runspace.ResetAsync().ConfigureAwait(false))
            {
                return runspace;
            }

            await runspace.DisposeAsync().ConfigureAwait(false);
        }

        return await SandboxRunspace.OpenAsync(manager, sandbox, plan.How, plan.Host, session: null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Gives one back after a block. What the block set is reset when the next one takes it.</summary>
    /// <param name="runspace">The runspace.</param>
    /// <param name="sandbox">Its sandbox.</param>
    /// <param name="plan">The plan that it was taken for.</param>
    public static void GiveBack(SandboxRunspace runspace, Sandbox sandbox, BlockPlan plan)
    {
        TimeSpan time = sandbox.Specification.IdleTimeout is { } own && own < s_idleTime ? own : s_idleTime;
        string key = Key(sandbox, plan);
        Idle idle = new(key, runspace);
        lock (s_lock)
        {
            if (!s_idle.TryGetValue(key, out Stack<Idle>? waiting))
            {
                s_idle.Add(key, waiting = new Stack<Idle>());
            }

            idle.Timer = new Timer(static state => ((Idle)state!).Expire(), idle, time, Timeout.InfiniteTimeSpan);
            waiting.Push(idle);
        }
    }

    /// <summary>Ends all that wait: the module is removed.</summary>
    public static void Close()
    {
        Idle[] all;
        lock (s_lock)
        {
            all = [.. s_idle.Values.SelectMany(waiting => waiting)];
            s_idle.Clear();
        }

        Task.WhenAll(all.Where(idle => idle.Claim()).Select(idle => idle.Runspace.DisposeAsync().AsTask())).GetAwaiter().GetResult();
    }

    private static SandboxRunspace? Pop(string key)
    {
        lock (s_lock)
        {
            if (!s_idle.TryGetValue(key, out Stack<Idle>? waiting))
            {
                return null;
            }

            while (waiting.TryPop(out Idle? idle))
            {
                if (idle.Claim())
                {
                    return idle.Runspace;
                }
            }

            s_idle.Remove(key);
            return null;
        }
    }

    private static string Key(Sandbox sandbox, BlockPlan plan) => string.Join(
        '\0',
        new[] { sandbox.Id, plan.How.User ?? "", plan.How.WorkingDirectory ?? "" }.Concat(plan.How.Environment.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}")));

    /// <summary>One that waits. Its next block, its time and the end of the module each want it; one of them gets it.</summary>
    private sealed class Idle(string key, SandboxRunspace runspace)
    {
        private int _claimed;

        public SandboxRunspace Runspace => runspace;

        public Timer? Timer { get; set; }

        public bool Claim()
        {
            bool mine = Interlocked.Exchange(ref _claimed, 1) == 0;
            if (mine)
            {
                Timer?.Dispose();
            }

            return mine;
        }

        public void Expire()
        {
            if (!Claim())
            {
                return;
            }

            lock (s_lock)
            {
                if (s_idle.Remove(key, out Stack<Idle>? waiting) && waiting.Where(other => other != this).Reverse().ToArray() is { Length: > 0 } left)
                {
                    s_idle.Add(key, new Stack<Idle>(left));
                }
            }

            _ = runspace.DisposeAsync().AsTask();
        }
    }
}
