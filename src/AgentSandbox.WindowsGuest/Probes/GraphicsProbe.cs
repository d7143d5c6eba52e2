using System.Security;
using Microsoft.Win32;

namespace AgentSandbox.WindowsGuest.Probes;

/// <summary>
/// Whether there is a graphics adapter on a PCI bus: a real one, or the one by which Hyper-V passes the host's graphics processor on. What a virtual machine
/// has else (basic display, Hyper-V's video, remote display) is on no such bus. Read in the list of installed adapters; no device is opened.
/// </summary>
internal static class GraphicsProbe
{
    private const string DisplayAdapters = @"SYSTEM\CurrentControlSet\Control\Class\{4d36e968-e325-11ce-bfc1-08002be10318}";

    /// <summary>No arguments.</summary>
    public static ProbeReport Look(string[] args)
    {
        using RegistryKey? adapters = Registry.LocalMachine.OpenSubKey(DisplayAdapters);
        var all = new List<string>();
        var onPci = new List<string>();
        foreach (string number in (adapters?.GetSubKeyNames() ?? []).Where(name => name.All(char.IsDigit)))
        {
            try
            {
                using RegistryKey? adapter = adapters!.OpenSubKey(number);
                string name = adapter?.GetValue("DriverDesc") as string ?? number;
                all.Add(name);
                if (adapter?.GetValue("MatchingDeviceId") is string id && id.StartsWith(@"PCI\", StringComparison.OrdinalIgnoreCase))
                {
                    onPci.Add($"{name} ({id})");
                }
            }
            catch (SecurityException)
            {
                return new ProbeReport(ProbeReport.Closed, false, $"the adapter {number} can't be looked at");
            }
        }

        return onPci.Count > 0
            ? new ProbeReport(ProbeReport.Open, args.Length == 0, $"there is {string.Join(", ", onPci)}")
            : new ProbeReport(ProbeReport.Closed, all.Count > 0 && args.Length == 0, $"of {all.Count} graphics adapters ({string.Join(", ", all)}) none is on a PCI bus");
    }
}
