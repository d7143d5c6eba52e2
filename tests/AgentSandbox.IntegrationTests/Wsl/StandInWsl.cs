using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using AgentSandbox.Backends.Wsl.Cli;
using AgentSandbox.Backends.Wsl.State;
using AgentSandbox.State;

namespace AgentSandbox.IntegrationTests.Wsl;

/// <summary>
/// The stand-in for wsl.exe (tests/StandIns/AgentSandbox.StandIn.Wsl) that all tests of this process use, with one folder of "registered" distributions. Each state
/// folder has a distribution of its own, which a test installs as a user does.
/// </summary>
internal static class StandInWsl
{
    /// <summary>Short, so that every sandbox that lives longer shows that the distribution is held.</summary>
    private const int IdleSeconds = 3;

    private static readonly Lazy<string> s_archive = new(MakeArchive);

    /// <summary>Its program.</summary>
    public static string Program { get; } = Path.GetFullPath(Path.Combine(Programs.Folder, "../stand-ins/wsl.exe"));

    /// <summary>Its folder.</summary>
    public static string Folder { get; } = Path.Combine(Path.GetTempPath(), $"agsb-wsl-{Environment.ProcessId}");

    /// <summary>A root file system: this machine's /etc, since the stand-in takes /usr from this machine too.</summary>
    public static string Archive => s_archive.Value;

    [ModuleInitializer]
    internal static void PointTheLibraryAtIt()
    {
        Environment.SetEnvironmentVariable(WslCli.EnvironmentVariable, Program);
        Environment.SetEnvironmentVariable("AGENTSANDBOX_STANDIN_WSL", Folder);
        Environment.SetEnvironmentVariable("AGENTSANDBOX_STANDIN_WSL_IDLE", IdleSeconds.ToString(CultureInfo.InvariantCulture));
        AppDomain.CurrentDomain.ProcessExit += (_, _) =>
        {
            if (Directory.Exists(Folder))
            {
                Directory.Delete(Folder, recursive: true);
            }
        };
    }

    /// <summary>Installs the distribution of a state folder.</summary>
    public static Task<Backends.BackendSetupResult> InstallAsync(SandboxManager manager, bool force = false) =>
        manager.InstallBackendAsync("Wsl", new Backends.BackendInstallOptions { RootFileSystem = Archive, Force = force });

    /// <summary>Name of a state folder's distribution.</summary>
    public static string NameOf(SandboxHome home) => new WslState(home).DistributionName;

    /// <summary>The distribution's own state folder, as seen from here: <c>lib</c> and <c>run</c> of it.</summary>
    public static (string Data, string Runtime) StateOf(SandboxHome home) =>
        (Path.Combine(new WslState(home).DefaultLocation, "ext4.vhdx/var/lib/agentsandbox"), Path.Combine(Folder, NameOf(home), "run/agentsandbox"));

    /// <summary>This machine's id of a process in a distribution.</summary>
    public static int HostProcess(SandboxHome home, int id)
    {
        string init = File.ReadAllText(Path.Combine(Folder, NameOf(home), "init"));
        foreach (string process in Directory.EnumerateDirectories("/proc").Where(p => char.IsAsciiDigit(Path.GetFileName(p)[0])))
        {
            if (Status(process, "NSpid") is [var here, var there, ..] && there == id.ToString(CultureInfo.InvariantCulture) && IsBelow(process, init))
            {
                return int.Parse(here, CultureInfo.InvariantCulture);
            }
        }

        throw new InvalidOperationException($"The distribution has no process {id}.");
    }

    /// <summary>Runs the stand-in itself.</summary>
    public static async Task<(int ExitCode, byte[] Output, string Errors)> RunAsync(IReadOnlyDictionary<string, string>? environment, params string[] arguments)
    {
        var start = new ProcessStartInfo(Program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        using var output = new MemoryStream();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.BaseStream.CopyToAsync(output);
        await process.WaitForExitAsync();
        return (process.ExitCode, output.ToArray(), await errors);
    }

    private static bool IsBelow(string process, string ancestor)
    {
        for (string? id = Path.GetFileName(process); id is not null and not "0"; id = Status("/proc/" + id, "PPid")?[0])
        {
            if (id == ancestor)
            {
                return true;
            }
        }

        return false;
    }

    private static string[]? Status(string process, string field)
    {
        try
        {
            return File.ReadLines(Path.Combine(process, "status")).FirstOrDefault(l => l.StartsWith(field + ":", StringComparison.Ordinal))?.Split('\t')[1..];
        }
        catch (IOException)
        {
            return null; // It ended while it was looked at.
        }
    }

    private static string MakeArchive()
    {
        Directory.CreateDirectory(Folder);
        string archive = Path.Combine(Folder, "root.tar");
        using Process tar = Process.Start("tar", ["-c", "-C", "/", "--exclude=etc/shadow*", "--exclude=etc/gshadow*", "--exclude=etc/ssl/private", "-f", archive, "etc"]);
        tar.WaitForExit();
        Assert.Equal(0, tar.ExitCode);
        return archive;
    }
}
