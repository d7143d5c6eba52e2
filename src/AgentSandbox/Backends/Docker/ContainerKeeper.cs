using System.Diagnostics;
using AgentSandbox.Backends.Docker.Containers;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Endpoint;
using AgentSandbox.Backends.Linux.Native;
using AgentSandbox.State;

namespace AgentSandbox.Backends.Docker;

/// <summary>
/// The process that removes a container when its time is over, with no PowerShell alive: the program <c>agentsandbox</c>, detached. The guest ends the
/// sandbox at that time by itself; this deletes what is left, and also ends one whose guest can't (a paused container). It goes when the container
/// does. Should this process be gone, or this machine, the next look from any machine deletes it.
/// </summary>
public static class ContainerKeeper
{
    /// <summary>The program's verb.</summary>
    public const string Verb = "keep-container";

    private static readonly TimeSpan s_longestSleep = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_guestsTurn = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(30);

    /// <summary>An engine that answers at once, with the container still there, is not asked without a pause.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Starts a keeper. On Windows none is: the next look deletes the container.</summary>
    /// <param name="home">The state folder.</param>
    /// <param name="id">The sandbox's id.</param>
    internal static void Start(SandboxHome home, string id)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        using Process process = Process.Start(DetachedProgram.StartInfo(home, [Verb, id])) ?? throw new InvalidOperationException("Process.Start returned nothing.");
        process.StandardInput.Close();
    }

    /// <summary>The keeper itself.</summary>
    /// <param name="id">The sandbox's id.</param>
    /// <returns>The exit code: 0 when the sandbox is gone.</returns>
    public static int Run(string id)
    {
        if (OperatingSystem.IsLinux())
        {
            _ = Libc.SetSid(); // Fails only for a session leader, which is as good.
        }

        return RunAsync(id).GetAwaiter().GetResult();
    }

    private static async Task<int> RunAsync(string id)
    {
        await using var manager = new SandboxManager();
        using var engine = new DockerEngine(DockerEndpointResolver.Resolve(), DockerCliSurroundings.Current);
        string scope = ContainerLabels.ScopeOf(new SandboxHome());
        while (true)
        {
            TimeSpan wait;
            string container = id;
            try
            {
                Sandbox sandbox = manager.Get(id);
                container = ContainerLabels.ContainerName(scope, sandbox.Name); // Its id is another one after a restore.
                if (sandbox.Expires is not { } expires)
                {
                    return 0;
                }

                wait = expires + s_guestsTurn - DateTimeOffset.UtcNow;
                if (wait <= TimeSpan.Zero)
                {
                    await manager.RemoveAsync(id);
                    return 0;
                }
            }
            // RootRequired: the engine does not have it any more, and this machine's own sandboxes, which it never was, are root's to see.
            catch (SandboxException e) when (e.ErrorId is SandboxErrorId.SandboxNotFound or SandboxErrorId.RootRequired)
            {
                return 0;
            }
            catch (SandboxException)
            {
                wait = s_retry; // The engine is away, perhaps just being restarted; there is nobody to tell, and the sandbox is still to be removed.
            }

            await SleepAsync(engine, container, wait < s_longestSleep ? wait : s_longestSleep);
        }
    }

    /// <summary>Waits for a time, or until the container has been removed.</summary>
    private static async Task SleepAsync(DockerEngine engine, string container, TimeSpan time)
    {
        using var end = new CancellationTokenSource(time);
        try
        {
            await engine.WaitUntilRemovedAsync(container, end.Token);
            await Task.Delay(s_pause);
        }
        catch (OperationCanceledException)
        {
            // The time is over.
        }
        catch (Exception e) when (e is SandboxException or DockerEngineException)
        {
            // The engine went away, or can't wait: then the time alone says when to look.
            await Task.Delay(time < s_retry ? time : s_retry);
        }
    }
}
