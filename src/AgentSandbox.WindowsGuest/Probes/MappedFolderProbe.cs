namespace AgentSandbox.WindowsGuest.Probes;

/// <summary>Whether a folder that is mapped read-only takes a file. What arrives in it, the host sees.</summary>
internal static class MappedFolderProbe
{
    /// <summary>Arguments: the folder, in which the file "marker" shows that it is the host's; name of the file to make.</summary>
    public static ProbeReport Write(string[] args)
    {
        string marker;
        try
        {
            marker = File.ReadAllText(Path.Combine(args[0], "marker")).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new ProbeReport(ProbeReport.Closed, false, $"The folder {args[0]} is not mapped: {e.Message}");
        }

        try
        {
            using (new FileStream(Path.Combine(args[0], args[1]), FileMode.CreateNew))
            {
                return new ProbeReport(ProbeReport.Open, true, $"made a file in {args[0]}", marker);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new ProbeReport(ProbeReport.Closed, true, $"make a file in {args[0]}: {e.Message}", marker);
        }
    }
}
