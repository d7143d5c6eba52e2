using System.Globalization;
using System.Text;
using AgentSandbox.Guest.Native;

namespace AgentSandbox.Guest.Serve.Users;

/// <summary>
/// Reads the sandbox's own passwd(5) and group(5). Never through the C library's name service, which would load modules and open sockets that
/// the sandbox controls. Written by the sandbox, so: bounded, and a line that is not understood is no account.
/// </summary>
internal static class AccountFiles
{
    private const int LargestFile = 1024 * 1024;

    /// <summary>One line of passwd(5).</summary>
    public readonly record struct PasswdEntry(string Name, uint UserId, uint GroupId, string Home, string Shell);

    /// <summary>First account that matches.</summary>
    public static PasswdEntry? FindUser(Func<PasswdEntry, bool> matches)
    {
        foreach (string line in Lines("/etc/passwd"))
        {
            string[] fields = line.Split(':');
            if (fields.Length == 7 && fields[0].Length > 0 && TryId(fields[2], out uint uid) && TryId(fields[3], out uint gid))
            {
                var entry = new PasswdEntry(fields[0], uid, gid, fields[5], fields[6]);
                if (matches(entry))
                {
                    return entry;
                }
            }
        }

        return null;
    }

    /// <summary>Number of a group by its name.</summary>
    public static uint? FindGroup(string name)
    {
        foreach (string line in Lines("/etc/group"))
        {
            string[] fields = line.Split(':');
            if (fields.Length == 4 && fields[0] == name && TryId(fields[2], out uint gid))
            {
                return gid;
            }
        }

        return null;
    }

    /// <summary>Groups that list the user as a member.</summary>
    public static uint[] GroupsOf(string userName)
    {
        const int Most = 64; // Far below NGROUPS_MAX, far above any account.
        var groups = new List<uint>();
        foreach (string line in Lines("/etc/group"))
        {
            string[] fields = line.Split(':');
            if (fields.Length == 4 && TryId(fields[2], out uint gid) && fields[3].Split(',').Contains(userName) && groups.Count < Most)
            {
                groups.Add(gid);
            }
        }

        return [.. groups];
    }

    /// <summary>Parses a uid or gid. 4294967295 is none: to setresuid(2) it means "leave as it is".</summary>
    public static bool TryId(string text, out uint id) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out id) && id != uint.MaxValue;

    private static string[] Lines(string path)
    {
        byte[]? content = FileDescriptor.ReadRegularFile(path, LargestFile);
        return content is null ? [] : Encoding.UTF8.GetString(content).Split('\n');
    }
}
