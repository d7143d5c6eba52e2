namespace AgentSandbox.PowerShell.Remoting.Wire;

/// <summary>Makes the error for a PowerShell in a sandbox that breaks the remoting protocol or goes beyond what it may send.</summary>
internal static class WireViolation
{
    /// <summary>Makes the error.</summary>
    /// <param name="what">What it did, as a clause.</param>
    /// <returns>The error, <see cref="SandboxErrorId.ProtocolViolation"/>.</returns>
    public static SandboxException Of(string what) => new(
        SandboxErrorId.ProtocolViolation,
        $"The PowerShell in the sandbox {what}. Its connection was closed, and it was ended.",
        "Take what comes from this sandbox for hostile. Data that is larger can be copied out as a file with Copy-SandboxItem.");
}
