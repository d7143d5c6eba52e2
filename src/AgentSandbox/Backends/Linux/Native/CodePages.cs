using System.Globalization;

namespace AgentSandbox.Backends.Linux.Native;

/// <summary>Gives memory back that holds program code which ran once. A supervisor starts in some ten milliseconds and then waits for days.</summary>
internal static class CodePages
{
    /// <summary>
    /// Lets go of the pages of all executable mappings of files. Nothing ever writes to those, so whatever is needed again comes back from the file
    /// (madvise(2), MADV_DONTNEED). Where it does not work the process is only larger.
    /// </summary>
    public static void LetGo()
    {
        foreach (string line in File.ReadLines("/proc/self/maps"))
        {
            // 5573bffc5000-5573c06b7000 r-xp 0025c000 fe:00 1234   /path: proc_pid_maps(5).
            string[] fields = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
            if (fields is [string range, "r-xp", _, _, _, string path] && path.TrimStart().StartsWith('/'))
            {
                string[] ends = range.Split('-');
                nuint start = nuint.Parse(ends[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                nuint end = nuint.Parse(ends[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                _ = Libc.MAdvise(start, end - start, Libc.MADV_DONTNEED);
            }
        }
    }
}
