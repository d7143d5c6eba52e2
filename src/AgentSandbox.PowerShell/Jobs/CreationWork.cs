using AgentSandbox.PowerShell.Pump;

namespace AgentSandbox.PowerShell.Jobs;

/// <summary>Creates a sandbox as the work of a child job.</summary>
internal static class CreationWork
{
    /// <summary>Makes the work.</summary>
    /// <param name="manager">Does it.</param>
    /// <param name="specification">What is to be created.</param>
    public static JobWork Of(SandboxManager manager, SandboxSpecification specification) => async (pump, cancellationToken) =>
    {
        Sandbox sandbox = await CreationProgress.RunAsync(pump, progress => manager.CreateAsync(specification, progress, cancellationToken)).ConfigureAwait(false);
        foreach (string warning in sandbox.Warnings)
        {
            await pump.WriteAsync(cmdlet => cmdlet.WriteWarning(warning), cancellationToken).ConfigureAwait(false);
        }

        await pump.WriteAsync(cmdlet => cmdlet.WriteObject(sandbox), cancellationToken).ConfigureAwait(false);
        return new JobEnd(null);
    };
}
