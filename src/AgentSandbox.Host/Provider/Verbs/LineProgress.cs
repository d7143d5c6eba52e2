using AgentSandbox.Backends.Wsl.Wire;

namespace AgentSandbox.Host.Provider.Verbs;

/// <summary>Writes progress as lines.</summary>
/// <param name="call">The call whose lines they are.</param>
internal sealed class LineProgress(ProviderCall call) : IProgress<SandboxProgress>
{
    /// <inheritdoc/>
    public void Report(SandboxProgress value) => call.Write(new ProviderLine { Progress = value });
}
