using AgentSandbox.Backends.Wsl.Wire;

namespace AgentSandbox.Host.Provider.Verbs;

/// <summary>Looking at sandboxes.</summary>
internal static class LookVerbs
{
    /// <summary><c>list</c>: a line for each sandbox.</summary>
    public static Task ListAsync(ProviderCall call)
    {
        foreach (Sandbox sandbox in call.Manager.List())
        {
            call.Write(new ProviderLine { Sandbox = sandbox });
        }

        return Task.CompletedTask;
    }

    /// <summary><c>get</c>: the sandbox of a name or id.</summary>
    public static Task GetAsync(ProviderCall call)
    {
        call.Write(new ProviderLine { Sandbox = call.Manager.Get(call.Request.NameOrId ?? throw ProviderCall.Incomplete(nameof(ProviderRequest.NameOrId))) });
        return Task.CompletedTask;
    }
}
