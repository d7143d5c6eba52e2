using System.ComponentModel;
using System.Diagnostics;

namespace AgentSandbox.Backends.Wsl.Setup;

/// <summary>Runs <c>wsl.exe --install --no-distribution</c> as an administrator.</summary>
internal static class ElevatedWsl
{
    /// <summary>The arguments: the features of Windows and WSL itself, but no distribution, which would be one with access to all drives.</summary>
    public static IReadOnlyList<string> Arguments { get; } = ["--install", "--no-distribution"];

    private const int ERROR_CANCELLED = 1223;
    private const int ERROR_ELEVATION_REQUIRED = 740;
    private const int ERROR_SUCCESS_REBOOT_REQUIRED = 3010;

    /// <summary>Asks Windows for an administrator's rights, and runs it.</summary>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <returns>What it did.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ElevationDeclined"/>, <see cref="SandboxErrorId.ElevationRequired"/> or <see cref="SandboxErrorId.BackendSetupFailed"/>.</exception>
    public static async Task<SetupReport> RunAsync(CancellationToken cancellationToken)
    {
        // The one of the system folder: an administrator's rights are not for a program that a variable names.
        string path = Path.Combine(Environment.SystemDirectory, "wsl.exe");
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(path, string.Join(' ', Arguments)) { UseShellExecute = true, Verb = "runas", WorkingDirectory = Environment.SystemDirectory })
                ?? throw new InvalidOperationException("Process.Start returned nothing.");
            await process.WaitForExitAsync(cancellationToken);
            return Report(process.ExitCode);
        }
        catch (Win32Exception e)
        {
            throw Translate(e.NativeErrorCode, e.Message, e);
        }
    }

    /// <summary>Says what an exit code means.</summary>
    /// <param name="exitCode">The exit code.</param>
    /// <returns>What was done.</returns>
    /// <exception cref="SandboxException">It failed.</exception>
    internal static SetupReport Report(int exitCode) => exitCode switch
    {
        // It answers 0 also when the features were switched on now; only a restart starts them, and one too many does no harm.
        0 or ERROR_SUCCESS_REBOOT_REQUIRED => new SetupReport("Installed WSL and switched on the features of Windows that it needs.", [], RestartRequired: true),
        _ => throw Translate(exitCode, $"exit code {exitCode}", null),
    };

    private static SandboxException Translate(int code, string message, Exception? cause) => code switch
    {
        ERROR_CANCELLED => new SandboxException(SandboxErrorId.ElevationDeclined, "The question for an administrator's rights was answered with no.", "Run it again and accept, or in a PowerShell started as administrator.", WslBackend.BackendName, cause),
        ERROR_ELEVATION_REQUIRED => new SandboxException(SandboxErrorId.ElevationRequired, "WSL can be installed by an administrator only.", "Run it in a PowerShell started as administrator.", WslBackend.BackendName, cause),
        _ => new SandboxException(SandboxErrorId.BackendSetupFailed, $"WSL could not be installed: {message}.", "Run it in a console to see its words: wsl --install --no-distribution", WslBackend.BackendName, cause),
    };
}
