using System.ComponentModel;
using System.Diagnostics;

namespace AgentSandbox.Backends.WindowsSandbox.Setup;

/// <summary>Runs a program as administrator, asking for those rights where this process has none. A seam for tests.</summary>
internal interface IElevatedLauncher
{
    /// <summary>Runs it to its end. Its output can't be had.</summary>
    /// <param name="program">Absolute path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="cancellationToken">Ends the waiting, not the program.</param>
    /// <returns>Its exit code.</returns>
    /// <exception cref="Win32Exception">It could not be started; 1223 when somebody said no, 740 when nobody can be asked.</exception>
    Task<int> RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken);
}

/// <summary>The real one: the shell's verb <c>runas</c>, which asks.</summary>
internal sealed class ElevatedLauncher : IElevatedLauncher
{
    /// <inheritdoc/>
    public async Task<int> RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program) { WindowStyle = ProcessWindowStyle.Hidden };
        if (Environment.IsPrivilegedProcess)
        {
            start.CreateNoWindow = true;
        }
        else
        {
            start.UseShellExecute = true; // Else there is no verb.
            start.Verb = "runas";
        }

        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start) ?? throw new InvalidOperationException("Process.Start returned nothing.");
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode;
    }
}
