using System.Globalization;

namespace AgentSandbox.Isolation.Observation;

/// <summary>The open files of a payload, as the host's /proc shows them.</summary>
internal static class PayloadDescriptors
{
    private const int CloseOnExec = 0x8_0000; // O_CLOEXEC, in the octal flags of proc_pid_fdinfo(5)

    /// <summary>
    /// What a program was handed beside its three standard streams. Whatever survives an execve(2) is not marked to be closed by one, while all
    /// that our static program opens is: so the mark tells an inherited descriptor from its own.
    /// </summary>
    /// <param name="process">The payload.</param>
    /// <returns>Number and target of each, such as <c>7 (/etc)</c>.</returns>
    /// <exception cref="ProbeFailedException">The host may not look.</exception>
    public static IReadOnlyList<string> Inherited(PayloadProcess process)
    {
        try
        {
            return
            [
                .. Directory.EnumerateFileSystemEntries(process.Folder + "/fd")
                    .Select(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture))
                    .Order()
                    .Where(number => number > 2 && (Flags(process, number) & CloseOnExec) == 0)
                    .Select(number => string.Create(CultureInfo.InvariantCulture, $"{number} ({new FileInfo($"{process.Folder}/fd/{number}").LinkTarget})")),
            ];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ProbeFailedException($"The host can't list the open files of process {process.Id}: {error.Message}", error);
        }
    }

    private static int Flags(PayloadProcess process, int number)
    {
        const string Name = "flags:";
        string line = process.ReadLines(string.Create(CultureInfo.InvariantCulture, $"fdinfo/{number}")).FirstOrDefault(line => line.StartsWith(Name, StringComparison.Ordinal))
            ?? throw new ProbeFailedException("The kernel does not report the flags of open files.");
        return Convert.ToInt32(line[Name.Length..].Trim(), 8);
    }
}
