namespace AgentSandbox.Guest.Probes.Wsl;

/// <summary>Whether Windows' file servers answer.</summary>
internal static class FileServerProbe
{
    /// <summary>Arguments: their addresses.</summary>
    public static ProbeReport Reach(string[] args)
    {
        bool control = SocketReach.WorksInside();
        int errno = 0;
        foreach (string address in args)
        {
            KernelResult result = SocketReach.Connect(address, out nint socket);
            if (result.Ok)
            {
                Kernel.Close(socket);
                return new ProbeReport(ProbeReport.Open, 0, control, $"connected to {address}");
            }

            errno = result.Errno;
        }

        return new ProbeReport(ProbeReport.Closed, errno, control, $"connect to {string.Join(", ", args)}");
    }
}
