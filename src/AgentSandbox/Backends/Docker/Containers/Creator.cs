using System.Globalization;

namespace AgentSandbox.Backends.Docker.Containers;

/// <summary>
/// The process that creates a sandbox. Whoever looks from the same machine can see whether it still lives, and so whether a container that was never
/// started ever will be.
/// </summary>
/// <param name="System">Which boot of which machine, and which process namespace: only there the number means this process.</param>
/// <param name="ProcessId">Its id.</param>
/// <param name="Started">When it started, in clock ticks since boot: ids are used again.</param>
internal sealed record Creator(string System, int ProcessId, string Started)
{
    private static readonly Lazy<Creator?> s_current = new(Find);

    /// <summary>This process; null where it can't be told.</summary>
    public static Creator? Current => s_current.Value;

    /// <summary>It is certain that the process is gone.</summary>
    public bool IsGone => Current?.System == System && StartTime(ProcessId) != Started;

    private static Creator? Find() => OperatingSystem.IsLinux() && StartTime(Environment.ProcessId) is { } started
        ? new Creator($"{File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim()} {new FileInfo("/proc/self/ns/pid").LinkTarget}", Environment.ProcessId, started)
        : null;

    private static string? StartTime(int processId)
    {
        try
        {
            // proc_pid_stat(5): the 22nd field; the second is a name in parentheses that may contain anything.
            string stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/stat"));
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // No such process (any more).
        }
    }
}
