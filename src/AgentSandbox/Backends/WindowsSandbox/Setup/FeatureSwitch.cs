using System.ComponentModel;
using System.Globalization;
using AgentSandbox.Backends.WindowsSandbox.Readiness;

namespace AgentSandbox.Backends.WindowsSandbox.Setup;

/// <summary>Switches the feature on: one program of Windows, with arguments that are the same each time. It never restarts Windows.</summary>
/// <param name="launcher">Runs it.</param>
internal sealed class FeatureSwitch(IElevatedLauncher launcher)
{
    private const int Done = 0, RestartRequired = 3010, ElevationRequired = 740, Declined = 1223;

    private static string[] Arguments => [.. ReadinessClassifier.EnableCommand.Split(' ')[1..], "/Quiet"];

    /// <summary>What it would do.</summary>
    public static BackendSetupStep Step { get; } = new($"Enable the feature Windows Sandbox ({ReadinessClassifier.FeatureName}) with its dependencies; Windows is not restarted.", ReadinessClassifier.EnableCommand, NeedsElevation: true);

    /// <summary>Does it.</summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>True when Windows has to be restarted.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ElevationRequired"/>, <see cref="SandboxErrorId.ElevationDeclined"/> or <see cref="SandboxErrorId.BackendSetupFailed"/>.</exception>
    public async Task<bool> EnableAsync(CancellationToken cancellationToken)
    {
        int code;
        try
        {
            code = await launcher.RunAsync(Path.Combine(Environment.SystemDirectory, "dism.exe"), Arguments, cancellationToken);
        }
        catch (Win32Exception e) when (e.NativeErrorCode is ElevationRequired or Declined)
        {
            code = e.NativeErrorCode;
        }
        catch (Win32Exception e)
        {
            throw Failed($"dism can't be started: {e.Message}", e);
        }

        return code switch
        {
            Done => false,
            RestartRequired => true,
            ElevationRequired => throw new SandboxException(SandboxErrorId.ElevationRequired, "Only an administrator can enable Windows Sandbox, and there is nobody to ask here.", $"Run as administrator: {ReadinessClassifier.EnableCommand}"),
            Declined => throw new SandboxException(SandboxErrorId.ElevationDeclined, "The question for an administrator's rights was answered with no; nothing was changed.", $"Say yes, or run as administrator: {ReadinessClassifier.EnableCommand}"),
            _ => throw Failed(string.Create(CultureInfo.InvariantCulture, $"dism ended with {code} (0x{code:X8}); its log is {Path.Combine(Path.GetDirectoryName(Environment.SystemDirectory) ?? @"C:\Windows", "Logs", "DISM", "dism.log")}."), null),
        };
    }

    private static SandboxException Failed(string message, Exception? cause) =>
        new(SandboxErrorId.BackendSetupFailed, message, $"Run it as administrator to see what it says: {ReadinessClassifier.EnableCommand}", innerException: cause);
}
