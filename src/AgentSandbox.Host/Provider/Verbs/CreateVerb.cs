using AgentSandbox.Backends.Nspawn;
using AgentSandbox.Backends.Wsl.Wire;

namespace AgentSandbox.Host.Provider.Verbs;

/// <summary><c>create</c>: makes a sandbox. A throw-away one ends with standard input, and the last line comes when it has.</summary>
internal static class CreateVerb
{
    /// <summary>Runs it.</summary>
    public static async Task RunAsync(ProviderCall call)
    {
        SandboxSpecification asked = call.Request.Specification ?? throw ProviderCall.Incomplete(nameof(ProviderRequest.Specification));

        // Whatever the request says: a chroot in here would be no boundary, and the host has promised one.
        asked = asked with { Backend = NspawnBackend.BackendName };
        using MountFolder mounts = MountFolder.Receive(call.Home, asked.Mounts, call.Request.CopiedMounts ?? [], call.Input);
        call.CancelWhenInputEnds();
        try
        {
            await CreateAsync(call, asked with { Mounts = mounts.Mounts });
        }
        finally
        {
            // What was copied for a sandbox that could not be made, or has ended.
            mounts.Dispose();
            MountFolder.Sweep(call.Home);
        }
    }

    private static async Task CreateAsync(ProviderCall call, SandboxSpecification asked)
    {
        // Of the distribution's own paths too: who wrote them may not know what a link there leads to.
        WindowsMounts.ThrowIfAny(asked.Mounts, asked.Name);
        var progress = new LineProgress(call);
        if (call.Request.ThrowAway)
        {
            await ThrowAwayAsync(call, asked, progress);
            return;
        }

        Sandbox sandbox = await call.Manager.CreateAsync(asked, progress, call.Token);
        try
        {
            call.Write(new ProviderLine { Sandbox = sandbox });
        }
        catch (HostGoneException)
        {
            // It never learned of the sandbox, so it will never remove it.
            await call.Manager.RemoveAsync(sandbox.Id, CancellationToken.None);
            throw;
        }
    }

    private static async Task ThrowAwayAsync(ProviderCall call, SandboxSpecification asked, LineProgress progress)
    {
        Sandbox sandbox = await call.Manager.CreateThrowAwayAsync(asked, progress, call.Token);
        try
        {
            call.Write(new ProviderLine { Sandbox = sandbox });
            await Task.Delay(Timeout.Infinite, call.Token).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
        finally
        {
            try
            {
                await call.Manager.RemoveAsync(sandbox.Id, CancellationToken.None);
            }
            catch (SandboxException e) when (e.ErrorId == SandboxErrorId.SandboxNotFound)
            {
                // Its time was over, or somebody else removed it.
            }
        }
    }
}
