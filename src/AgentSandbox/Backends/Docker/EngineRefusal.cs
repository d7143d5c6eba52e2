using AgentSandbox.Backends.Docker.Engine;

namespace AgentSandbox.Backends.Docker;

/// <summary>The engine's errors as this product's, with the engine's own words.</summary>
internal static class EngineRefusal
{
    /// <summary>Translates an error.</summary>
    /// <param name="error">What the engine said.</param>
    /// <param name="what">What was tried, as the beginning of a sentence.</param>
    /// <param name="target">The sandbox's name.</param>
    /// <returns>The error to throw.</returns>
    public static SandboxException Translate(DockerEngineException error, string what, string? target)
    {
        string said = error.Message;
        bool Says(string text) => said.Contains(text, StringComparison.OrdinalIgnoreCase);
        (string id, string action) =
            Says("invalid isolation") ? (SandboxErrorId.BackendNotAvailable, "Hyper-V isolation needs an engine on Windows that runs Windows containers; on Linux use -Backend Docker or GVisor.")
            : Says("0xc0351000") || Says("no hypervisor is present") ? (SandboxErrorId.BackendNotAvailable, "Enable Hyper-V on the engine's machine (Windows feature 'Hyper-V', and virtualization in the firmware).")
            : Says("unable to find user") || Says("unable to find group") || Says("no matching entries in passwd") || Says("no matching entries in group") ? (SandboxErrorId.UserNotFound, "Use a user of the image's /etc/passwd, or a number.")
            : Says("storage-opt") || Says("storage option") || Says("quota") ? (SandboxErrorId.NotEnforceable, "This engine's storage can't limit disk use: leave -DiskLimit out, or move its data to btrfs, or to xfs mounted with pquota.")
            : Says("no space left on device") ? (SandboxErrorId.DiskFull, "Free space where the engine keeps its data (docker system df).")
            : Says("minimum memory limit") ? (SandboxErrorId.MemoryTooSmall, "Give the sandbox more memory.")
            : Says("bind source path does not exist") ? (SandboxErrorId.MountSourceNotFound, "The engine's machine must have that path.")
            : Says("unknown or invalid runtime") || Says("unknown runtime") ? (SandboxErrorId.BackendNotAvailable, "Get-SandboxBackend says how to add the runtime to the engine.")
            : Says("0xc0370101") || Says("does not match the operating system of the host") || Says("does not match the host operating system") ? (SandboxErrorId.ImageNotCompatible, "Choose an image of the host's Windows version, or an older one with Hyper-V isolation.")
            : Says("exec format error") ? (SandboxErrorId.ImageNotCompatible, "Choose an image for the engine's own architecture.")
            : (SandboxErrorId.EngineFailed, "Do what the engine's words say; its log (journalctl -u docker) may say more.");
        return new SandboxException(id, $"{what} {said}", action, target, error);
    }
}
