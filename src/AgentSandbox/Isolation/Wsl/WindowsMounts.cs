namespace AgentSandbox.Isolation.Wsl;

/// <summary>File systems of Windows among the mounts of a process.</summary>
internal static class WindowsMounts
{
    /// <summary>Where one is mounted.</summary>
    /// <param name="lines">Lines of proc_pid_mountinfo(5).</param>
    /// <param name="types">Types of file system that are Windows'.</param>
    /// <returns>The mount points, kernel's escapes (\040) resolved.</returns>
    /// <exception cref="ProbeFailedException">A line is not as the manual says.</exception>
    public static IReadOnlyList<string> In(IEnumerable<string> lines, IReadOnlyCollection<string> types)
    {
        var points = new List<string>();
        foreach (string line in lines)
        {
            string[] halves = line.Split(" - ", 2);
            string[] place = halves[0].Split(' ');
            if (halves.Length != 2 || place.Length < 6)
            {
                throw new ProbeFailedException("The kernel lists the payload's mounts in a way that this build does not know.");
            }

            if (types.Contains(halves[1].Split(' ')[0]))
            {
                points.Add(Unescape(place[4]));
            }
        }

        return points;
    }

    private static string Unescape(string point) =>
        point.Replace("\\040", " ", StringComparison.Ordinal).Replace("\\011", "\t", StringComparison.Ordinal).Replace("\\012", "\n", StringComparison.Ordinal).Replace("\\134", "\\", StringComparison.Ordinal);
}
