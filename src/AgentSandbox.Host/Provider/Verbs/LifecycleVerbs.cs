using AgentSandbox.Backends.Wsl.Wire;

namespace AgentSandbox.Host.Provider.Verbs;

/// <summary>Starting, stopping and removing.</summary>
internal static class LifecycleVerbs
{
    /// <summary><c>start</c>: starts a sandbox.</summary>
    public static async Task StartAsync(ProviderCall call)
    {
        call.CancelWhenInputEnds();
        call.Write(new ProviderLine { Sandbox = await call.Manager.StartAsync(call.Id, call.Token) });
    }

    /// <summary><c>stop</c>: stops a sandbox. Once the host is gone, its commands get no more time.</summary>
    public static async Task StopAsync(ProviderCall call)
    {
        call.CancelWhenInputEnds();
        call.Write(new ProviderLine { Sandbox = await call.Manager.StopAsync(call.Id, call.Token) });
    }

    /// <summary><c>remove</c>: removes a sandbox, to the end.</summary>
    public static async Task RemoveAsync(ProviderCall call)
    {
        await call.Manager.RemoveAsync(call.Id, CancellationToken.None);
        MountFolder.Sweep(call.Home);
    }
}
