using System.Diagnostics;
using System.Globalization;

namespace AgentSandbox.WindowsGuest.Probes;

/// <summary>
/// Whether processes of the host are seen. The host's canary is a process whose number and name the arguments give; a sandbox that shares no
/// kernel with the host has no such process. The name is compared too, since a number alone may be taken in the sandbox by another process.
/// </summary>
internal static class ProcessVisibleProbe
{
    /// <summary>Runs the probe.</summary>
    /// <param name="args">The canary's process id and its name without an extension.</param>
    /// <returns>Open when the canary is seen; the self test is that the probe sees itself.</returns>
    public static ProbeReport Run(string[] args)
    {
        int canary = int.Parse(args[0], NumberStyles.None, CultureInfo.InvariantCulture);
        using Process self = Process.GetCurrentProcess();
        bool seesItself = false;
        bool seesCanary = false;
        int count = 0;
        foreach (Process process in Process.GetProcesses())
        {
            using (process)
            {
                count++;
                seesItself |= process.Id == self.Id;
                seesCanary |= process.Id == canary && string.Equals(process.ProcessName, args[1], StringComparison.OrdinalIgnoreCase);
            }
        }

        string detail = $"{count} processes are seen, process {canary} '{args[1]}' of the host {(seesCanary ? "among them" : "is not")}.";
        return new ProbeReport(seesCanary ? ProbeReport.Open : ProbeReport.Closed, seesItself, detail);
    }
}
