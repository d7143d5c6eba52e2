using AgentSandbox.Backends.Nspawn;
using AgentSandbox.Backends.Wsl.Wire;
using AgentSandbox.Isolation;

namespace AgentSandbox.Host.Provider.Verbs;

/// <summary><c>test</c>: measures isolation here, where the sandboxes run: what the host plants and sees on Windows says nothing about them. A line for each probe, as soon as it has an answer.</summary>
internal static class TestVerb
{
    /// <summary>Runs it.</summary>
    public static async Task RunAsync(ProviderCall call)
    {
        ProviderRequest request = call.Request;
        SandboxSpecification asked = request.Specification ?? throw ProviderCall.Incomplete(nameof(ProviderRequest.Specification));
        string subject = request.Subject ?? throw ProviderCall.Incomplete(nameof(ProviderRequest.Subject));

        // As for a sandbox that is made: the sibling must be what it would be.
        using MountFolder mounts = MountFolder.Receive(call.Home, asked.Mounts, request.CopiedMounts ?? [], call.Input);
        asked = asked with { Backend = NspawnBackend.BackendName, Mounts = mounts.Mounts };
        call.CancelWhenInputEnds();
        WindowsMounts.ThrowIfAny(asked.Mounts, asked.Name);
        await foreach (IsolationResult result in new IsolationTester(call.Manager).TestAsync(subject, asked, request.Probes, call.Token))
        {
            call.Write(new ProviderLine { Isolation = result });
        }
    }
}
