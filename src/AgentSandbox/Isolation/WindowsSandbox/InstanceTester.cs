using System.Runtime.CompilerServices;
using System.Security.Principal;
using AgentSandbox.Backends;
using AgentSandbox.Backends.WindowsSandbox;

namespace AgentSandbox.Isolation.WindowsSandbox;

/// <summary>Runs probes against a fresh instance of Windows Sandbox. There is one instance at a time, so that a running sandbox keeps its sibling from being made.</summary>
internal static class InstanceTester
{
    /// <inheritdoc cref="IsolationTester.TestAsync"/>
    /// <param name="manager">Makes the sibling.</param>
    /// <param name="subject">Name that the results carry.</param>
    /// <param name="sibling">The sibling's specification, with all defaults.</param>
    /// <param name="probes">The probes.</param>
    /// <param name="cancellationToken">Cancels and removes the sibling.</param>
    public static async IAsyncEnumerable<IsolationResult> TestAsync(
        SandboxManager manager,
        string subject,
        SandboxSpecification sibling,
        IReadOnlyList<IsolationProbe> probes,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string guest = Path.Combine(SandboxPrograms.WindowsGuest, "agentsandbox-guest.exe");
        using WindowsCanaries canaries = WindowsCanaries.Plant(guest);
        var shared = new SandboxMount { Source = canaries.SharedFolder, Target = WindowsCanaries.SharedInside };
        Sandbox sandbox = await manager.CreateThrowAwayAsync(sibling with { Mounts = [.. sibling.Mounts, shared] }, null, cancellationToken);
        try
        {
            var context = new InstanceContext
            {
                Specification = sandbox.Specification,
                Defaults = manager.Resolve(new SandboxSpecification { Backend = sandbox.Backend, Image = sandbox.Image }),
                ConfigurationText = manager.TryReadConfiguration(sandbox),
                Canaries = canaries,
                UserSid = UserSid(),
                StateFolder = WindowsSandboxes.HomeBelow(manager.Home).SandboxData(sandbox.Id),
                Host = HostProbeRunner.For(guest),
                Sandbox = (arguments, token) => SandboxPayload.RunProbeAsync(manager, sandbox.Id, new CommandSpecification { Arguments = ["probe", .. arguments], Self = true }, token),
            };
            foreach (IsolationProbe probe in probes)
            {
                yield return await IsolationRun.RunAsync(subject, probe, context, cancellationToken);
            }
        }
        finally
        {
            await manager.RemoveAsync(sandbox.Id, CancellationToken.None);
        }
    }

    private static string UserSid()
    {
        if (!OperatingSystem.IsWindows())
        {
            throw new ProbeFailedException("An instance of Windows Sandbox runs on Windows only.");
        }

        using var user = WindowsIdentity.GetCurrent();
        return user.User?.Value ?? throw new ProbeFailedException("Windows does not say who runs this process.");
    }
}
