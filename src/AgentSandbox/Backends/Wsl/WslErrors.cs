using AgentSandbox.Backends.Wsl.Cli;

namespace AgentSandbox.Backends.Wsl;

/// <summary>Makes errors of wsl.exe's own failures.</summary>
internal static class WslErrors
{
    /// <summary>What to do about the errors that say it.</summary>
    private static readonly (string Name, string Action)[] s_actions =
    [
        ("WSL_E_WSL_OPTIONAL_COMPONENT_REQUIRED", WslSetupAdvice.Enable),
        ("WSL_E_VIRTUAL_MACHINE_PLATFORM_REQUIRED", WslSetupAdvice.Enable),
        ("WSL_E_INSTALL_COMPONENT_FAILED", WslSetupAdvice.Enable),
        ("HCS_E_HYPERV_NOT_INSTALLED", $"Switch virtualisation on in the machine's firmware. {WslSetupAdvice.Enable}"),
        ("HCS_E_SERVICE_NOT_AVAILABLE", WslSetupAdvice.Enable),
        ("REGDB_E_CLASSNOTREG", WslSetupAdvice.Update),
        ("WSL_E_OS_NOT_SUPPORTED", "WSL 2 needs Windows 10 version 2004 or newer. Update Windows."),
        ("WSL_E_WSL2_NEEDED", "The distribution must be of version 2: wsl --set-version NAME 2"),
        ("ERROR_ACCESS_DISABLED_BY_POLICY", "WSL is disabled by a policy of this computer; ask its administrator."),
        ("WSL_E_LOCAL_SYSTEM_NOT_SUPPORTED", "WSL does not run for the account SYSTEM; use the account of a user."),
        ("WSL_E_DISK_CORRUPTED", "The distribution's disk is damaged: Install-SandboxBackend Wsl -Force."),
        ("WSL_E_VM_CRASHED", "WSL's virtual machine ended. Try again; if it stays so: wsl --update"),
        ("ERROR_FILE_EXISTS", "The folder or name is taken already."),
        ("ERROR_DISK_FULL", "The disk is full."),
        (WslErrorCode.DistributionNotFound, WslSetupAdvice.Install),
    ];

    /// <summary>Says what wsl.exe said.</summary>
    /// <param name="result">How the call ended.</param>
    /// <param name="what">What was asked of it, as an infinitive.</param>
    /// <param name="target">What it is about.</param>
    /// <returns>The error.</returns>
    public static SandboxException Translate(WslResult result, string what, string? target = null)
    {
        string? code = result.ErrorCode;
        return new SandboxException(
            code is not null && WslErrorCode.Name(code) == WslErrorCode.DistributionNotFound ? SandboxErrorId.BackendNotAvailable : SandboxErrorId.WslFailed,
            $"WSL could not {what}: {result.Message}",
            ActionFor(code) ?? "Do what the message says; wsl --status and wsl --update help.",
            target);
    }

    /// <summary>Finds what to do about an error.</summary>
    /// <param name="code">The token of the error.</param>
    /// <returns>What to do; null when nothing special is known.</returns>
    public static string? ActionFor(string? code) => code is null ? null : s_actions.FirstOrDefault(a => a.Name == WslErrorCode.Name(code)).Action;
}
