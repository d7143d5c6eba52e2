using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using AgentSandbox.Isolation.WindowsSandbox;

namespace AgentSandbox.IntegrationTests.Isolation.WindowsSandbox;

/// <summary>
/// Two Windows machines made of Wine: a host, and one that stands for an instance: without the host's files, with a network of its own, and in mounts of its own, where
/// the canaries' folder is read-only. The guest's program is the real one, built for Wine.
/// </summary>
public sealed class WindowsMachines : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("agentsandbox-machines-").FullName;
    private Process? _holder;

    /// <summary>The guest's program on the host.</summary>
    public static string Guest { get; } = Path.Combine(
        typeof(WindowsMachines).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "WindowsGuestFolder").Value!, "agentsandbox-guest.exe");

    /// <summary>The guest's program in the instance.</summary>
    public const string GuestInside = @"C:\guest\agentsandbox-guest.exe";

    /// <summary>What starts a Windows program on the host.</summary>
    public string[] Host => Wine(Path.Combine(_folder, "host"));

    /// <summary>What starts a Windows program in the instance.</summary>
    public string[] Instance => ["nsenter", "--target", _holder!.Id.ToString(CultureInfo.InvariantCulture), "--net", "--mount", .. Wine(Path.Combine(_folder, "instance"))];

    internal WindowsCanaries Canaries { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Assert.True(File.Exists(Guest), $"{Guest} is missing.");
        _holder = Process.Start(new ProcessStartInfo("unshare", ["--net", "--mount", "--propagation", "private", "sh", "-c", "ip link set lo up && echo ready && exec cat"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        Assert.Equal("ready", await _holder.StandardOutput.ReadLineAsync());
        await PrepareAsync(Host, Path.Combine(_folder, "host"));
        await PrepareAsync(Instance, Path.Combine(_folder, "instance"));

        // What only the host has: a graphics processor, a printer, devices to play with and to record with.
        await File.WriteAllTextAsync(Path.Combine(_folder, "host", ".asoundrc"), "pcm.!default { type null }\nctl.!default { type null }\n");
        await RegisterAsync(@"HKLM\System\CurrentControlSet\Control\Print\Printers\Office", ("Name", "Office"), ("Printer Driver", "Office"), ("Port", "LPT1:"));

        Canaries = WindowsCanaries.Plant(Guest, Host);

        // Wine writes its list of adapters whenever a machine starts, and from here on the canary keeps this one running.
        await RegisterAsync(@"HKLM\SYSTEM\CurrentControlSet\Control\Class\{4d36e968-e325-11ce-bfc1-08002be10318}\0000", ("DriverDesc", "A graphics processor"), ("MatchingDeviceId", @"PCI\VEN_1414&DEV_008E"));
        string inside = Path.Combine(_folder, "instance", "prefix", "drive_c", "agentsandbox-canary");
        Directory.CreateDirectory(inside);
        Directory.CreateSymbolicLink(Path.Combine(_folder, "host", "prefix", "drive_c", "agentsandbox-canary"), Canaries.SharedFolder);
        Directory.CreateSymbolicLink(Path.Combine(_folder, "instance", "prefix", "drive_c", "guest"), Path.GetDirectoryName(Guest)!);
        File.Delete(Path.Combine(_folder, "instance", "prefix", "dosdevices", "z:"));
        await RunAsync([.. Instance[..5], "mount", "--bind", "--options", "ro", Canaries.SharedFolder, inside]);
    }

    public async Task DisposeAsync()
    {
        Canaries?.Dispose();
        foreach (string[] machine in new[] { Host, Instance })
        {
            // The server ends every process of its machine, then itself.
            await RunAsync([.. machine[..^1], "wineserver", "-k"]);
            await RunAsync([.. machine[..^1], "wineserver", "-w"]);
        }

        _holder!.StandardInput.Close();
        await _holder.WaitForExitAsync();
        _holder.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task PrepareAsync(string[] machine, string folder)
    {
        Directory.CreateDirectory(folder);
        await RunAsync([.. machine, "wineboot", "-u"]);
        Assert.True(Directory.Exists(Path.Combine(folder, "prefix", "drive_c")), "Wine made no machine.");
    }

    private async Task RegisterAsync(string key, params (string Name, string Value)[] values)
    {
        foreach ((string name, string value) in values)
        {
            await RunAsync([.. Host, "reg", "add", key, "/v", name, "/d", value, "/f"]);
        }
    }

    private static async Task RunAsync(string[] command)
    {
        (int exitCode, _, string error) = await GuestProgram.RunAsync(command).WaitAsync(TimeSpan.FromMinutes(3));
        Assert.True(exitCode == 0, $"{string.Join(' ', command)}: {error}");
    }

    // mscoree is left on: each library of .NET names it, and is not loaded without. That there is no Mono to install is said to nobody, as there is no screen.
    private static string[] Wine(string folder) =>
    [
        "env", "-i", "PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", $"HOME={folder}", $"WINEPREFIX={folder}/prefix", "WINEDEBUG=-all", "WINEDLLOVERRIDES=winedbg.exe=d;mshtml=",
        File.Exists("/usr/lib/wine/wine64") ? "/usr/lib/wine/wine64" : "wine",
    ];
}
