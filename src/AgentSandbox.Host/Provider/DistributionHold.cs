using AgentSandbox.Backends.Linux.Runtime;
using AgentSandbox.State;

namespace AgentSandbox.Host.Provider;

/// <summary>
/// WSL ends a distribution that no <c>wsl.exe</c> is attached to, with all that runs in it, some seconds after the last one went. A
/// <c>provider hold</c>, which the host starts detached, stays attached for as long as a sandbox lives.
/// </summary>
internal static class DistributionHold
{
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(2);

    /// <summary>Tells whether a sandbox lives that nobody holds the distribution for.</summary>
    /// <param name="home">The state folder.</param>
    /// <returns>True when the host should start a <c>provider hold</c>.</returns>
    public static bool IsNeeded(SandboxHome home) => AnySandboxLives(home) && !FileLock.IsHeld(LockFile(home));

    /// <summary>Returns when no sandbox lives any more, or another process holds already.</summary>
    /// <param name="home">The state folder.</param>
    public static void Run(SandboxHome home)
    {
        new RecordStore(home).EnsureFolders();

        // Once more after the lock was given back: a sandbox that was started in between saw it held, and asked for no other hold.
        while (AnySandboxLives(home))
        {
            using FileLock? held = FileLock.TryTake(LockFile(home));
            if (held is null)
            {
                return;
            }

            while (AnySandboxLives(home))
            {
                Thread.Sleep(s_look);
            }
        }

        MountFolder.Sweep(home); // Of those that ended by themselves.
    }

    private static bool AnySandboxLives(SandboxHome home)
    {
        var store = new RecordStore(home);
        return store.Ids().Any(id => FileLock.IsHeld(new SandboxPaths(home, id).SupervisorLock) || store.IsBeingCreated(id));
    }

    private static string LockFile(SandboxHome home) => Path.Combine(home.Data, "hold.lock");
}
