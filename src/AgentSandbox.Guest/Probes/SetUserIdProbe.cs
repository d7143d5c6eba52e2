using System.Diagnostics;
using System.IO.Enumeration;
using System.Text;

namespace AgentSandbox.Guest.Probes;

/// <summary>Looks for programs that run with another user's rights. None is executed.</summary>
internal static unsafe class SetUserIdProbe
{
    private const int GetNoNewPrivileges = 39; // PR_GET_NO_NEW_PRIVS
    private const int NoFollow = 0x100; // AT_SYMLINK_NOFOLLOW
    private const int NoSetUserId = 2; // ST_NOSUID, statfs(2)
    private const int MostFiles = 500_000;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(12);

    // The first are where programs are, so that a hit comes early; then everything. What the kernel makes up holds no programs.
    private static readonly string[] s_places = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/lib", "/usr/libexec", "/"];
    private static readonly string[] s_notLookedAt = ["/proc", "/sys", "/dev"];

    /// <summary>Arguments: none; or, as the control on the host, the folder to look in, where it does not matter whether the bit would be in force.</summary>
    public static ProbeReport Find(string[] args)
    {
        bool isControl = args.Length > 0;
        if (!isControl && Kernel.Call("prctl", GetNoNewPrivileges) is { Ok: true, Value: 1 })
        {
            return new ProbeReport(ProbeReport.Closed, 0, true, "no_new_privs is set, so that no program's bits are in force");
        }

        bool control = Mode("/") is not null && MountFlags("/") is not null;
        long start = Stopwatch.GetTimestamp();
        int seen = 0;
        int held = 0;
        foreach (string place in (isControl ? args : s_places).Where(Directory.Exists))
        {
            foreach (string file in Files(place))
            {
                if (++seen > MostFiles || Stopwatch.GetElapsedTime(start) > s_patience)
                {
                    return new ProbeReport(ProbeReport.Error, 0, control, $"There are more than the {seen} files that could be looked at in time");
                }

                if (Raises(file) is not { } how)
                {
                    continue;
                }

                if (isControl || (MountFlags(file) & NoSetUserId) == 0)
                {
                    return new ProbeReport(ProbeReport.Open, 0, control, $"no_new_privs is not set, and {file} {how}");
                }

                held++;
            }
        }

        return new ProbeReport(ProbeReport.Closed, 0, control, held == 0 ? $"none of {seen} files has such a bit" : $"{held} of {seen} files have such a bit, all on nosuid mounts");
    }

    private static FileSystemEnumerable<string> Files(string place) => new(
        place,
        static (ref FileSystemEntry entry) => entry.ToFullPath(),
        new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = 0 })
    {
        ShouldIncludePredicate = static (ref FileSystemEntry entry) => !entry.IsDirectory,
        ShouldRecursePredicate = static (ref FileSystemEntry entry) =>
            (entry.Attributes & FileAttributes.ReparsePoint) == 0 && !(entry.Directory.Length == 1 && s_notLookedAt.Contains("/" + entry.FileName.ToString())),
    };

    private static string? Raises(string file)
    {
        const int Regular = 0x8000;
        if (Mode(file) is not { } mode || (mode & 0xF000) != Regular)
        {
            return null;
        }

        return (mode & 0x800) != 0 ? "has the set-user-id bit"
            : (mode & 0x408) == 0x408 ? "has the set-group-id bit"
            : (mode & 0x49) != 0 && HasCapabilities(file) ? "has capabilities"
            : null;
    }

    /// <summary>stx_mode is at 28, statx(2).</summary>
    private static int? Mode(string path)
    {
        byte* status = stackalloc byte[256];
        fixed (byte* text = Encoding.UTF8.GetBytes(path + '\0'))
        {
            return Kernel.Call("statx", -100, (nint)text, NoFollow, 0x3 /* STATX_TYPE | STATX_MODE */, (nint)status).Ok ? *(ushort*)(status + 28) : null;
        }
    }

    /// <summary>f_flags is at 80 in the statfs(2) of 64-bit machines.</summary>
    private static long? MountFlags(string path)
    {
        byte* status = stackalloc byte[128];
        return Kernel.CallPath("statfs", path, (nint)status).Ok ? *(long*)(status + 80) : null;
    }

    private static bool HasCapabilities(string path)
    {
        fixed (byte* name = "security.capability\0"u8)
        {
            return Kernel.CallPath("lgetxattr", path, (nint)name) is { Ok: true, Value: > 0 };
        }
    }
}
