namespace AgentSandbox.WindowsGuest.Probes;

/// <summary>Whether a file of the host can be read at its path.</summary>
internal static class HostFileProbe
{
    /// <summary>Arguments: path of the canary.</summary>
    public static ProbeReport Read(string[] args)
    {
        bool control = Directory.GetFiles(Environment.SystemDirectory, "kernel32.dll").Length == 1;
        try
        {
            return new ProbeReport(ProbeReport.Open, control, $"read {args[0]}", File.ReadAllText(args[0]).Trim());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new ProbeReport(ProbeReport.Closed, control, $"read {args[0]}: {e.Message}");
        }
    }
}
