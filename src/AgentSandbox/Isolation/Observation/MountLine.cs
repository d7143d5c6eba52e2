using System.Globalization;
using System.Text;

namespace AgentSandbox.Isolation.Observation;

/// <summary>A line of proc_pid_mountinfo(5).</summary>
/// <param name="Point">Where it is mounted, as the process sees it.</param>
/// <param name="Options">Options of the mount.</param>
/// <param name="SharedWith">Number of the peer group whose members' mounts show up in each other; null when it is in none.</param>
/// <param name="Type">Type of the file system.</param>
/// <param name="SuperOptions">Options of the file system; commas and backslashes in values are still escaped.</param>
/// <param name="ReceivesFrom">Number of the peer group whose mounts show up here, but not the other way round; null when there is none.</param>
internal sealed record MountLine(string Point, IReadOnlyList<string> Options, int? SharedWith, int? ReceivesFrom, string Type, IReadOnlyList<string> SuperOptions)
{
    /// <summary>Nothing can be written through it; a mount may be read-only of either half.</summary>
    public bool IsReadOnly => Options.Contains("ro") || SuperOptions.Contains("ro");

    /// <summary>Reads a list.</summary>
    /// <param name="lines">The lines.</param>
    /// <returns>The mounts, in the order in which they were made.</returns>
    /// <exception cref="ProbeFailedException">A line is not as the manual says.</exception>
    public static IReadOnlyList<MountLine> ParseAll(IEnumerable<string> lines) => [.. lines.Select(Parse)];

    /// <summary>The mount that a path is on: of those above it the deepest, and of several at one place the last.</summary>
    /// <param name="mounts">The mounts.</param>
    /// <param name="path">The path, absolute and without links.</param>
    /// <returns>The mount; null when the list has none above it, as in a chroot(2) whose root is no mount.</returns>
    public static MountLine? Of(IReadOnlyList<MountLine> mounts, string path) => mounts
        .Where(mount => mount.Point == "/" || path == mount.Point || path.StartsWith(mount.Point + "/", StringComparison.Ordinal))
        .Aggregate((MountLine?)null, (best, mount) => best is null || mount.Point.Length >= best.Point.Length ? mount : best);

    /// <summary>The lower layers of an overlay, which it never writes.</summary>
    /// <returns>Their paths as they were given to mount(2); none when this is no overlay.</returns>
    public IReadOnlyList<string> LowerFolders() => Type != "overlay" ? [] :
    [
        .. SuperOptions.Where(option => option.StartsWith("lowerdir=", StringComparison.Ordinal)).SelectMany(option => Split(option["lowerdir=".Length..])),
        .. SuperOptions.Where(option => option.StartsWith("lowerdir+=", StringComparison.Ordinal)).Select(option => Unescape(option["lowerdir+=".Length..])),
    ];

    private static MountLine Parse(string line)
    {
        // 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
        string[] halves = line.Split(" - ", 2);
        string[] place = halves[0].Split(' ');
        string[] what = halves[^1].Split(' ');
        return halves.Length == 2 && place.Length >= 6 && what.Length >= 3
            ? new MountLine(Unescape(place[4]), place[5].Split(','), Group(place, "shared:"), Group(place, "master:"), what[0], what[2].Split(','))
            : throw new ProbeFailedException("The kernel lists mounts in a way that this build does not know.");
    }

    private static int? Group(string[] fields, string prefix) =>
        fields.Skip(6).FirstOrDefault(field => field.StartsWith(prefix, StringComparison.Ordinal)) is { } field
            ? int.Parse(field.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture)
            : null;

    /// <summary>Layers are parted by colons; a colon in a name has a backslash before it, which the kernel shows as \134.</summary>
    private static IEnumerable<string> Split(string value)
    {
        string[] parts = Unescape(value).Split(':');
        for (int i = 0; i < parts.Length; i++)
        {
            string part = parts[i];
            while (part.EndsWith('\\') && i + 1 < parts.Length)
            {
                part = part[..^1] + ':' + parts[++i];
            }

            yield return part;
        }
    }

    /// <summary>The kernel writes some characters as a backslash and three octal digits.</summary>
    private static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
        {
            return text;
        }

        var result = new List<byte>();
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        for (int i = 0; i < bytes.Length; i++)
        {
            bool escape = bytes[i] == '\\' && i + 3 < bytes.Length && bytes.AsSpan(i + 1, 3).IndexOfAnyExceptInRange((byte)'0', (byte)'7') < 0;
            result.Add(escape ? (byte)(((bytes[i + 1] - '0') << 6) | ((bytes[i + 2] - '0') << 3) | (bytes[i + 3] - '0')) : bytes[i]);
            i += escape ? 3 : 0;
        }

        return Encoding.UTF8.GetString([.. result]);
    }
}
