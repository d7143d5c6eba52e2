namespace AgentSandbox;

/// <summary>
/// The commands that help with an error, as lines for PowerShell that can be run as they are: they look, or undo nothing but a stop. What would delete or replace something is for the person who
/// reads the message to decide, and never offered as a command.
/// </summary>
internal static class RemedyCommands
{
    /// <summary>The commands for an error.</summary>
    /// <param name="errorId">One of <see cref="SandboxErrorId"/>.</param>
    /// <param name="target">What it happened to.</param>
    /// <returns>The commands, the most useful first; none where only the message can help. An array: PowerShell can't index what a compiler makes of a list.</returns>
    public static string[] For(string errorId, object? target)
    {
        // The name of a sandbox needs no quotes in PowerShell; anything else is not put into a command line, whoever chose it.
        string name = target is string text && SandboxName.IsValid(text) ? text : "";
        string Of(string command) => name.Length > 0 ? $"{command} {name}" : command;
        return errorId switch
        {
            SandboxErrorId.SandboxNotFound => ["Get-AgentSandbox"],
            SandboxErrorId.NameInUse or SandboxErrorId.SandboxBusy or SandboxErrorId.GuestDisconnected or SandboxErrorId.GuestNotResponding or SandboxErrorId.ProtocolViolation or SandboxErrorId.CleanupFailed =>
                [$"{Of("Get-AgentSandbox")} | Format-List"],
            SandboxErrorId.SandboxInstanceInUse => ["Get-AgentSandbox | Where-Object Backend -EQ WindowsSandbox"],
            SandboxErrorId.SandboxNotRunning => name.Length > 0 ? [$"Start-AgentSandbox {name}", $"Get-AgentSandbox {name} | Format-List"] : ["Get-AgentSandbox"],
            SandboxErrorId.SandboxRunning => name.Length > 0 ? [$"Stop-AgentSandbox {name}"] : ["Get-AgentSandbox -State Running"],
            SandboxErrorId.CheckpointNotFound or SandboxErrorId.CheckpointExists => ["Get-SandboxCheckpoint"],
            SandboxErrorId.ProcessNotFound => ["Get-SandboxProcess"],
            SandboxErrorId.ImageNotFound or SandboxErrorId.ImageInUse => ["Get-SandboxImage"],
            SandboxErrorId.UnknownBackend or SandboxErrorId.BackendNotAvailable or SandboxErrorId.EngineUnreachable or SandboxErrorId.CheckpointNotSupported or SandboxErrorId.BackendSetupNotSupported =>
                ["Get-SandboxBackend | Format-List"],
            SandboxErrorId.DefaultsFailed => ["Get-SandboxDefault -Verbose"],
            SandboxErrorId.ProbeNotFound => ["Test-SandboxIsolation -Probe *"],
            SandboxErrorId.WslFailed => ["wsl --status", "wsl --update"],
            SandboxErrorId.TerminalRequired => ["Get-Help Invoke-InSandbox -Examples"],
            SandboxErrorId.InvalidSpecification or SandboxErrorId.InvalidLimit or SandboxErrorId.InvalidMount or SandboxErrorId.InvalidName or SandboxErrorId.InvalidEnvironment or SandboxErrorId.MemoryTooSmall =>
                ["Get-Help New-AgentSandbox -Full"],
            _ => [],
        };
    }
}
