using System.Globalization;

namespace AgentSandbox.StandIn.Wsl;

/// <summary>
/// The first process of a running distribution, in a PID and mount namespace of its own: with it ends all that runs there. It reads /etc/wsl.conf once, at the
/// start, and ends when no wsl.exe has been attached for the idle time.
/// </summary>
internal static class Init
{
    public const string Verb = "stand-in-init";

    private const string Path_ = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>Starts it when it does not run.</summary>
    /// <returns>This machine's id of it.</returns>
    public static string EnsureRunning(Distribution distribution)
    {
        using FileLock starting = FileLock.Take(distribution.Starting, shared: false);
        if (FileLock.IsFree(distribution.Running))
        {
            File.Delete(distribution.InitId);
            Native.Spawn("setsid", ["unshare", "--mount", "--pid", "--fork", "--propagation", "private", Environment.ProcessPath!, Verb, distribution.Folder], environment: null, silent: true);
            for (int i = 0; !File.Exists(distribution.InitId); i++)
            {
                if (i > 2000)
                {
                    throw new WslException("Wsl/Service/CreateInstance/E_FAIL", "The distribution does not start.", "Die Distribution startet nicht.");
                }

                Thread.Sleep(5);
            }
        }

        return File.ReadAllText(distribution.InitId);
    }

    public static int Run(string folder)
    {
        Distribution distribution = Distribution.All().Single(d => d.Folder == folder);
        using FileLock running = FileLock.Take(distribution.Running, shared: false);

        // /proc is still this machine's, and says what this process is called there.
        string id = new FileInfo("/proc/self").LinkTarget!;
        IReadOnlyDictionary<string, string> settings = ReadConfiguration(distribution.Name == Settings.IgnoredConfiguration ? "" : Path.Combine(distribution.Root, "etc/wsl.conf"));
        bool hasDrives = settings.GetValueOrDefault("automount.enabled", "true") != "false";
        bool hasInterop = settings.GetValueOrDefault("interop.enabled", "true") != "false";
        bool hasWindowsPath = hasInterop && settings.GetValueOrDefault("interop.appendWindowsPath", "true") != "false";

        foreach (string own in new[] { "etc", "opt", "var/lib", "root", "mnt" })
        {
            Directory.CreateDirectory(Path.Combine(distribution.Root, own));
            Native.Bind(Path.Combine(distribution.Root, own), "/" + own);
        }

        // Its folder in the state folder, so that tests can look into it; as empty as after every start.
        string run = Path.Combine(distribution.Folder, "run");
        if (Directory.Exists(run))
        {
            Directory.Delete(run, recursive: true);
        }

        Directory.CreateDirectory(run);
        Native.Bind(run, "/run");
        Native.Mount("proc", "/proc", "proc");
        if (hasDrives)
        {
            Directory.CreateDirectory("/mnt/c");
            Native.Mount("C:\\", "/mnt/c", "tmpfs");
        }

        File.WriteAllLines(distribution.Environment, [
            $"PATH={Path_}{(hasWindowsPath ? ":/mnt/c/Windows/System32" : "")}", "HOME=/root", "USER=root", "LANG=C.UTF-8", $"WSL_DISTRO_NAME={distribution.Name}",
            .. hasInterop ? ["WSL_INTEROP=/run/WSL/1_interop"] : Array.Empty<string>()]);
        File.WriteAllText(distribution.InitId + ".new", id);
        File.Move(distribution.InitId + ".new", distribution.InitId);

        for (long idleSince = Environment.TickCount64; Environment.TickCount64 - idleSince < Settings.IdleTimeout.TotalMilliseconds;)
        {
            Native.ReapAll();
            if (!FileLock.IsFree(distribution.Attached))
            {
                idleSince = Environment.TickCount64;
            }

            Thread.Sleep(50);
        }

        return 0;
    }

    private static Dictionary<string, string> ReadConfiguration(string file)
    {
        var settings = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (!File.Exists(file))
        {
            return settings;
        }

        string section = "";
        foreach (string line in File.ReadLines(file).Select(l => l.Trim()))
        {
            if (line.StartsWith('['))
            {
                section = line.Trim('[', ']');
            }
            else if (line.IndexOf('=', StringComparison.Ordinal) is > 0 and var at && line[0] != '#')
            {
                settings[$"{section}.{line[..at].Trim()}"] = line[(at + 1)..].Trim().ToLower(CultureInfo.InvariantCulture);
            }
        }

        return settings;
    }
}
