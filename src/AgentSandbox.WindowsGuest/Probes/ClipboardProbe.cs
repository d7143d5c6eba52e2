using System.Runtime.InteropServices;

namespace AgentSandbox.WindowsGuest.Probes;

/// <summary>Whether something is on the clipboard, where nothing has run that could have put it there. Its content is not read.</summary>
internal static class ClipboardProbe
{
    private const int Attempts = 20;

    /// <summary>No arguments.</summary>
    public static ProbeReport Count(string[] args)
    {
        // Another window may have it for a moment.
        bool opened = false;
        for (int i = 0; i < Attempts && !(opened = OpenClipboard(IntPtr.Zero)); i++)
        {
            Thread.Sleep(50);
        }

        if (!opened || args.Length > 0)
        {
            return new ProbeReport(ProbeReport.Closed, false, $"OpenClipboard fails with error {Marshal.GetLastWin32Error()}");
        }

        int formats = CountClipboardFormats();
        CloseClipboard();
        return new ProbeReport(formats > 0 ? ProbeReport.Open : ProbeReport.Closed, true, $"the clipboard holds {formats} formats");
    }

    [DllImport("user32.dll", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern bool OpenClipboard(IntPtr owner);

    [DllImport("user32.dll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int CountClipboardFormats();

    [DllImport("user32.dll")]
    [return: MarshalAs(UnmanagedType.Bool)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern bool CloseClipboard();
}
