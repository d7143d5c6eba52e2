namespace AgentSandbox.Guest.Probes.Wsl;

/// <summary>Whether one of the sockets by which WSL has Windows start programs can be reached. Nothing is said to them.</summary>
internal static class InteropProbe
{
    /// <summary>Arguments: folder of the sockets.</summary>
    public static ProbeReport Reach(string[] args)
    {
        bool control = SocketReach.WorksInside();
        int errno = 2; // ENOENT, until a socket says something else
        int tried = 0;
        foreach (string path in Candidates(args[0]))
        {
            tried++;
            KernelResult result = SocketReach.Connect("unix:" + path, out nint socket);
            if (result.Ok)
            {
                Kernel.Close(socket);
                return new ProbeReport(ProbeReport.Open, 0, control, $"connected to {path}, which passes requests on to Windows");
            }

            errno = result.Errno;
        }

        return new ProbeReport(ProbeReport.Closed, errno, control, $"connect to {tried} possible sockets to Windows in {args[0]} and WSL_INTEROP");
    }

    private static IEnumerable<string> Candidates(string folder)
    {
        if (Environment.GetEnvironmentVariable("WSL_INTEROP") is { Length: > 0 and <= 100 } named)
        {
            yield return named;
        }

        // Always there, also where the folder may be entered but not listed.
        yield return folder + "/1_interop";
        if (Directory.Exists(folder))
        {
            var options = new EnumerationOptions { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = true };
            foreach (string path in Directory.EnumerateFileSystemEntries(folder, "*_interop", options))
            {
                yield return path;
            }
        }
    }
}
