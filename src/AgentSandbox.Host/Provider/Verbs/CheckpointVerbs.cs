using AgentSandbox.Backends.Wsl.Wire;

namespace AgentSandbox.Host.Provider.Verbs;

/// <summary>Checkpoints, restoring and copied sandboxes.</summary>
internal static class CheckpointVerbs
{
    /// <summary><c>checkpoint</c>: keeps a sandbox's files under a name.</summary>
    public static async Task CheckpointAsync(ProviderCall call)
    {
        call.CancelWhenInputEnds();
        call.Write(new ProviderLine { Checkpoint = await call.Manager.CheckpointAsync(call.Id, Name(call), call.Request.Force, new LineProgress(call), call.Token) });
    }

    /// <summary><c>checkpoints</c>: a line for each.</summary>
    public static async Task ListAsync(ProviderCall call)
    {
        foreach (SandboxCheckpoint checkpoint in await call.Manager.GetCheckpointsAsync(call.Id))
        {
            call.Write(new ProviderLine { Checkpoint = checkpoint });
        }
    }

    /// <summary><c>restore</c>: puts a sandbox's files back.</summary>
    public static async Task RestoreAsync(ProviderCall call)
    {
        call.CancelWhenInputEnds();
        call.Write(new ProviderLine { Sandbox = await call.Manager.RestoreAsync(call.Id, Name(call), call.Request.Force, new LineProgress(call), call.Token) });
    }

    /// <summary><c>remove-checkpoint</c>: deletes one.</summary>
    public static async Task RemoveAsync(ProviderCall call)
    {
        call.CancelWhenInputEnds();
        await call.Manager.RemoveCheckpointAsync(call.Id, Name(call), call.Token);
    }

    /// <summary><c>clone</c>: makes a sandbox of another's files. All but its name is the other one's.</summary>
    public static async Task CloneAsync(ProviderCall call)
    {
        call.CancelWhenInputEnds();
        WindowsMounts.ThrowIfAny(call.Manager.Get(call.Id).Mounts, call.Request.NewName);
        Sandbox sandbox = await call.Manager.CloneAsync(call.Id, call.Request.NewName, new LineProgress(call), call.Token);
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

    private static string Name(ProviderCall call) => call.Request.Checkpoint ?? throw ProviderCall.Incomplete(nameof(ProviderRequest.Checkpoint));
}
