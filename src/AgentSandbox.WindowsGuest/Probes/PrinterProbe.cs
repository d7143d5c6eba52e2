using System.Runtime.InteropServices;

namespace AgentSandbox.WindowsGuest.Probes;

/// <summary>Whether there is a printer but those that each Windows has and that print to files. Names are listed; nothing is printed.</summary>
internal static class PrinterProbe
{
    private const uint LocalAndConnected = 2 | 4; // PRINTER_ENUM_LOCAL | PRINTER_ENUM_CONNECTIONS
    private const int SizeOfInfo4 = 24; // two pointers and a number, aligned: both builds are 64-bit

    // By their whole names: one of the host's that is passed on has something added.
    private static readonly string[] s_own = ["Microsoft Print to PDF", "Microsoft XPS Document Writer", "Fax"];

    /// <summary>No arguments.</summary>
    public static ProbeReport List(string[] args)
    {
        _ = EnumPrinters(LocalAndConnected, null, 4, IntPtr.Zero, 0, out uint size, out _);
        IntPtr buffer = Marshal.AllocHGlobal((int)size + SizeOfInfo4);
        try
        {
            if (!EnumPrinters(LocalAndConnected, null, 4, buffer, size, out _, out uint count))
            {
                return new ProbeReport(ProbeReport.Closed, false, $"EnumPrinters fails with error {Marshal.GetLastWin32Error()}");
            }

            string[] all = [.. Enumerable.Range(0, (int)count).Select(i => Marshal.PtrToStringUni(Marshal.ReadIntPtr(buffer, i * SizeOfInfo4)) ?? "")];
            string[] others = [.. all.Except(s_own, StringComparer.OrdinalIgnoreCase)];
            return others.Length > 0
                ? new ProbeReport(ProbeReport.Open, args.Length == 0, $"there is {string.Join(", ", others)}")
                : new ProbeReport(ProbeReport.Closed, args.Length == 0, $"there are {all.Length} printers, all of them Windows' own ({string.Join(", ", all)})");
        }
        finally
        {
            Marshal.FreeHGlobal(buffer);
        }
    }

    [DllImport("winspool.drv", EntryPoint = "EnumPrintersW", CharSet = CharSet.Unicode, SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern bool EnumPrinters(uint flags, string? name, uint level, IntPtr buffer, uint size, out uint needed, out uint count);
}
