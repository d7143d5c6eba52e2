using System.Globalization;

namespace AgentSandbox.Isolation.Observation;

/// <summary>The session of a process, credentials(7): at most one terminal belongs to a session, and each to at most one.</summary>
/// <param name="Leader">The process that made the session, by its number on this machine; 0 when it has none here.</param>
/// <param name="Terminal">Device number of the controlling terminal; 0 for none.</param>
internal readonly record struct PayloadSession(int Leader, int Terminal)
{
    /// <summary>The terminal as major and minor number: new_encode_dev in the kernel's kdev_t.h.</summary>
    public string TerminalName => string.Create(CultureInfo.InvariantCulture, $"{Terminal >> 8 & 0xFFF}:{(Terminal & 0xFF) | (Terminal >> 12 & 0xFFF00)}");

    /// <summary>Reads it.</summary>
    /// <param name="process">The process.</param>
    /// <returns>Its session.</returns>
    /// <exception cref="ProbeFailedException">It has ended, or the kernel lists it in another way.</exception>
    public static PayloadSession Of(PayloadProcess process)
    {
        // 42 (name with any character) S ppid pgrp session tty_nr ...: proc_pid_stat(5)
        string line = string.Join('\n', process.ReadLines("stat"));
        string[] fields = line[(line.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 5 && int.TryParse(fields[3], NumberStyles.None, CultureInfo.InvariantCulture, out int leader) && int.TryParse(fields[4], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int terminal)
            ? new PayloadSession(leader, terminal)
            : throw new ProbeFailedException($"The kernel describes process {process.Id} in a way that this build does not know.");
    }

    /// <summary>Whether the session is the host's: made by a process that is where the payload is not.</summary>
    /// <param name="payload">The payload, whose session this is.</param>
    /// <returns>False also when the leader has ended: then the kernel took the terminal from the session.</returns>
    /// <exception cref="ProbeFailedException">Neither may be looked at.</exception>
    public bool IsHosts(PayloadProcess payload)
    {
        if (Leader == 0 || Leader == payload.Id)
        {
            return false;
        }

        var leader = new PayloadProcess(Leader);
        if (leader.HasEnded)
        {
            return false;
        }

        // In the same place as this process, it is the host's, wherever the payload is; else it is the sandbox's when it is where the payload is.
        return PlaceOf(leader) is var place && (place == PlaceOf(new PayloadProcess(Environment.ProcessId)) || place != PlaceOf(payload));
    }

    private static (string Processes, string Mounts, string Root) PlaceOf(PayloadProcess process) =>
        (Link(process, "ns/pid"), Link(process, "ns/mnt"), Link(process, "root"));

    private static string Link(PayloadProcess process, string name)
    {
        try
        {
            return new FileInfo($"{process.Folder}/{name}").LinkTarget ?? throw new ProbeFailedException($"The host can't read {process.Folder}/{name}.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ProbeFailedException($"The host can't read {process.Folder}/{name}: {error.Message}", error);
        }
    }
}
