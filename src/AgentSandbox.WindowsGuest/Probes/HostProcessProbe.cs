using System.Diagnostics;

namespace AgentSandbox.WindowsGuest.Probes;

/// <summary>Whether a process of the host is among those that can be listed.</summary>
internal static class HostProcessProbe
{
    /// <summary>Arguments: how the canary's name begins; it ends in the secret, which is found and never given.</summary>
    public static ProbeReport Find(string[] args)
    {
        Process[] all = Process.GetProcesses();
        using var self = Process.GetCurrentProcess();
        bool control = Array.Exists(all, process => process.Id == self.Id);
        foreach (Process process in all)
        {
            if (process.ProcessName is { } name && name.StartsWith(args[0], StringComparison.OrdinalIgnoreCase))
            {
                string secret = name.Substring(args[0].Length);
                return new ProbeReport(ProbeReport.Open, control, $"a process of the host is listed as {process.Id}", secret.EndsWith(".exe", StringComparison.OrdinalIgnoreCase) ? secret.Substring(0, secret.Length - 4) : secret);
            }
        }

        return new ProbeReport(ProbeReport.Closed, control, $"{all.Length} processes are listed, none of the host's");
    }
}
