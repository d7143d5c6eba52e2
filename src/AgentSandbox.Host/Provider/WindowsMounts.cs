using System.Globalization;
using System.Text.RegularExpressions;

namespace AgentSandbox.Host.Provider;

/// <summary>What of Windows is mounted here. Its drives come as 9p or virtiofs, under any path.</summary>
internal static partial class WindowsMounts
{
    /// <summary>Types of file systems that WSL serves from Windows.</summary>
    private static readonly string[] s_types = ["9p", "drvfs", "virtiofs", "wslfs"];

    /// <summary>Where something of Windows is mounted. WSL's own tools for graphics are no drive, and not listed.</summary>
    /// <returns>Mount points.</returns>
    public static IEnumerable<string> All() => Read().Where(m => IsWindows(m.Type, m.Source) && !IsWslsOwn(m.Point)).Select(m => m.Point);

    /// <summary>Refuses mounts whose source is on one, with all links on the way followed.</summary>
    /// <param name="mounts">The mounts.</param>
    /// <param name="target">What an error is about.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.MountNotSupported"/>.</exception>
    public static void ThrowIfAny(IReadOnlyList<SandboxMount> mounts, string? target)
    {
        foreach (SandboxMount mount in mounts.Where(m => Path.Exists(m.Source)))
        {
            string real = RealPath(mount.Source);
            (string point, string type, string from) = Read().Where(m => m.Point == "/" || real == m.Point || real.StartsWith(m.Point + "/", StringComparison.Ordinal)).LastOrDefault();
            if (type is not null && IsWindows(type, from))
            {
                throw new SandboxException(SandboxErrorId.MountNotSupported, $"'{mount.Source}' is on a drive of Windows ({type} at {point}).", "Mount C:\\folder instead, which is copied, or a folder of the distribution's own.", target);
            }
        }
    }

    /// <summary>By the type, or because what is mounted is named after a drive.</summary>
    private static bool IsWindows(string type, string source) => s_types.Contains(type) || source is [var drive, ':', ..] && char.IsAsciiLetterUpper(drive);

    private static bool IsWslsOwn(string point) => point == "/usr/lib/wsl" || point.StartsWith("/usr/lib/wsl/", StringComparison.Ordinal);

    private static IEnumerable<(string Point, string Type, string Source)> Read()
    {
        foreach (string line in File.ReadLines("/proc/self/mountinfo"))
        {
            // proc(5): id parent major:minor root MOUNT-POINT options [fields...] - TYPE source options
            string[] words = line.Split(' ');
            int dash = Array.IndexOf(words, "-", 6);
            if (dash > 0 && dash + 2 < words.Length)
            {
                yield return (Decode(words[4]), words[dash + 1], Decode(words[dash + 2]));
            }
        }
    }

    private static string Decode(string word) => Octal().Replace(word, m => ((char)Convert.ToInt32(m.Value[1..], 8)).ToString(CultureInfo.InvariantCulture));

    /// <summary>realpath(3).</summary>
    private static string RealPath(string path)
    {
        string real = "/";
        int links = 0;
        var parts = new Stack<string>(path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        while (parts.TryPop(out string? part))
        {
            if (part == ".")
            {
                continue;
            }

            if (part == "..")
            {
                real = Path.GetDirectoryName(real) ?? "/";
                continue;
            }

            string next = real == "/" ? "/" + part : $"{real}/{part}";
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                real = next;
                continue;
            }

            if (++links > 40)
            {
                throw new SandboxException(SandboxErrorId.MountNotSupported, $"'{path}' has too many links in it.", "Name what it leads to.", path);
            }

            real = target[0] == '/' ? "/" : real;
            foreach (string inner in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
            {
                parts.Push(inner);
            }
        }

        return real;
    }

    [GeneratedRegex(@"\\[0-7]{3}")]
    private static partial Regex Octal();
}
