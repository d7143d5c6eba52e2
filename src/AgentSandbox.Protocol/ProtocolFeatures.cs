namespace AgentSandbox.Protocol;

/// <summary>Values of <see cref="HelloMessage.Features"/>.</summary>
public static class ProtocolFeatures
{
    /// <summary>The sender is a guest on Windows: its <see cref="ExitMessage.ExitCode"/> is all 32 bits of a process's exit code.</summary>
    public const string Windows = "windows";

    /// <summary>The sender is a guest that gives a command a terminal when <see cref="OpenMessage.Terminal"/> asks for one. One that does not say so would ignore the wish.</summary>
    public const string Terminal = "terminal";
}
