using System.Diagnostics;
using System.Globalization;
using AgentSandbox.WindowsGuest.Native;

namespace AgentSandbox.WindowsGuest.Serve.Commands;

/// <summary>
/// CTRL+BREAK for a command, which is what SIGTERM is on Windows: a console program that does not handle it ends. It reaches who shares the
/// sender's console only, and each command has one of its own, so a second process of this program goes there and sends it.
/// </summary>
internal static class ConsoleBreak
{
    /// <summary>The hidden verb.</summary>
    public const string Verb = "ctrl-break";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    /// <summary>Sends it to a command's process group. Best effort: who has no console gets nothing, and is killed later.</summary>
    /// <param name="processId">The command's first process, which leads the group.</param>
    public static void Send(int processId)
    {
        string self = Process.GetCurrentProcess().MainModule!.FileName!;
        var start = new ProcessStartInfo(self, Verb + " " + processId.ToString(CultureInfo.InvariantCulture)) { UseShellExecute = false, CreateNoWindow = true };
        using Process? helper = Process.Start(start);
        if (helper?.WaitForExit((int)s_patience.TotalMilliseconds) == false)
        {
            helper.Kill();
        }
    }

    /// <summary>The verb.</summary>
    /// <param name="args">The group.</param>
    /// <returns>0 when it was sent.</returns>
    public static int Run(string[] args)
    {
        if (args.Length != 1 || !uint.TryParse(args[0], NumberStyles.None, CultureInfo.InvariantCulture, out uint group))
        {
            return 2;
        }

        _ = Kernel32.FreeConsole();
        return Kernel32.AttachConsole(group) != 0
            && Kernel32.SetConsoleCtrlHandler(0, 1) != 0
            && Kernel32.GenerateConsoleCtrlEvent(Kernel32.CtrlBreakEvent, group) != 0 ? 0 : 1;
    }
}
