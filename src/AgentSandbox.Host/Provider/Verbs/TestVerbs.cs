using AgentSandbox.Backends.Wsl.Wire;
using AgentSandbox.Isolation;

namespace AgentSandbox.Host.Provider.Verbs;

/// <summary>Measuring isolation here, where the sandboxes run: what the host plants and sees on Windows says nothing about them.</summary>
internal static class TestVerbs
{
    /// <summary><c>test</c>: a line for each probe, as soon as it has an answer.</summary>
    public static async Task TestAsync(ProviderCall call)
    {
        ProviderRequest request = call.Request;
        SandboxSpecification specification = request.Specification ?? throw ProviderCall.Incomplete(nameof(ProviderRequest.Specification));
        string subject = request.Subject ?? throw ProviderCall.Incomplete(nameof(ProviderRequest.Subject));
        call.CancelWhenInputEnds();
        await foreach (IsolationResult result in new IsolationTester(call.Manager).TestAsync(subject, specification, request.Probes, call.Token))
        {
            call.Write(new ProviderLine { Isolation = result });
        }
    }
}
