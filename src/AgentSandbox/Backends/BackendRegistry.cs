using AgentSandbox.Backends.Chroot;
using AgentSandbox.Backends.Nspawn;
using AgentSandbox.State;

namespace AgentSandbox.Backends;

/// <summary>The backends that this build has. A new one is a line here and a folder beside this file.</summary>
internal static class BackendRegistry
{
    /// <summary>Makes all backends over a state folder, strongest first.</summary>
    /// <param name="home">The state folder.</param>
    /// <returns>The backends.</returns>
    public static IReadOnlyList<ISandboxBackend> Create(SandboxHome home) => [new NspawnBackend(home), new ChrootBackend(home)];
}
