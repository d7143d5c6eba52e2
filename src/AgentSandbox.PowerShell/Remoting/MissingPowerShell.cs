namespace AgentSandbox.PowerShell.Remoting;

/// <summary>The error for a sandbox without a PowerShell.</summary>
internal static class MissingPowerShell
{
    /// <summary>Makes the error.</summary>
    /// <param name="sandbox">The sandbox.</param>
    /// <returns>The error, which says how to get one in.</returns>
    public static SandboxException In(Sandbox sandbox)
    {
        bool host = string.Equals(sandbox.Image, SandboxSpecification.HostImage, StringComparison.OrdinalIgnoreCase);
        return new SandboxException(
            SandboxErrorId.CommandNotFound,
            $"There is no PowerShell in {sandbox.Name}: its image '{sandbox.Image}' has no program 'pwsh'.",
            host
                ? $"Make the sandbox with New-AgentSandbox and without -NoPowerShell, or mount this machine's: -Mount \"${{PSHOME}}:{HostPowerShell.Target}\"."
                : "Take an image that has PowerShell 7.2 or newer (such as mcr.microsoft.com/powershell), or install it into the image; it has to be in the PATH of the sandbox.",
            sandbox.Name);
    }
}
