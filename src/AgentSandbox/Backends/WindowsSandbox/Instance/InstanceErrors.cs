namespace AgentSandbox.Backends.WindowsSandbox.Instance;

/// <summary>The errors of instances.</summary>
internal static class InstanceErrors
{
    /// <summary>Someone who is not known to us.</summary>
    public const string NotOurs = "an instance that is not this product's (perhaps a window that somebody opened)";

    private const string LookAgain = "Run Get-SandboxBackend WindowsSandbox to see whether Windows Sandbox works, and try again.";

    /// <summary>There is one already.</summary>
    /// <param name="name">The sandbox that was to be made.</param>
    /// <param name="holder">Who holds it, as the end of a sentence.</param>
    public static SandboxException InUse(string? name, string holder) => new(
        SandboxErrorId.SandboxInstanceInUse,
        $"Windows Sandbox runs one instance at a time, and it is {holder}.",
        holder == NotOurs ? "Close its window when it is no longer needed; it is never ended from here." : "Remove that sandbox first (Remove-AgentSandbox), or use another backend.",
        name);

    /// <summary>It did not start.</summary>
    /// <param name="name">The sandbox.</param>
    /// <param name="why">Why, as sentences.</param>
    /// <param name="cause">The cause.</param>
    public static SandboxException StartFailed(string name, string why, Exception? cause = null) =>
        new(SandboxErrorId.StartFailed, $"The sandbox '{name}' could not be started: {why}", LookAgain, name, cause);

    /// <summary>It can't be told how it is.</summary>
    /// <param name="cause">The cause.</param>
    public static SandboxException NotTold(Exception cause) => new(SandboxErrorId.BackendNotAvailable, $"Windows Sandbox does not say which instances there are: {cause.Message}", LookAgain, innerException: cause);

    /// <summary>It did not end.</summary>
    /// <param name="why">Why, as sentences.</param>
    /// <param name="cause">The cause.</param>
    public static SandboxException CleanupFailed(string why, Exception? cause = null) =>
        new(SandboxErrorId.CleanupFailed, $"The instance of Windows Sandbox could not be ended: {why}", "Close its window, then remove the sandbox again.", innerException: cause);
}
