using System.Text;
using AgentSandbox.Copying.Archive;
using AgentSandbox.Copying.Files;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Guest.Tar;

/// <summary>What both verbs tell the host: notes and at most one error on standard error, one a line, and an exit code.</summary>
internal static class TarVerb
{
    /// <summary>Runs a verb's work and reports.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="count">How many there must be.</param>
    /// <param name="work">The work; returns what was left out.</param>
    /// <returns>One of <see cref="CopyExitCode"/>.</returns>
    public static int Run(string[] args, int count, Func<string[], CopyNotes> work)
    {
        if (args.Length != count)
        {
            Say(CopyReport.Error, "The host gave the wrong number of arguments.");
            return CopyExitCode.Failed;
        }

        try
        {
            foreach (string note in work(args).ToList())
            {
                Say(CopyReport.Note, note);
            }

            return CopyExitCode.Done;
        }
        catch (NativeIOException e)
        {
            Say(CopyReport.Error, e.Message);
            return e.Errno switch
            {
                Errno.NoEntry or Errno.NotFolder => CopyExitCode.NotFound,
                Errno.NoSpace or Errno.QuotaExceeded => CopyExitCode.DiskFull,
                _ => CopyExitCode.Failed,
            };
        }
        catch (ArchiveException e)
        {
            Say(CopyReport.Error, e.Message);
            return e.Fault == ArchiveFault.Damaged ? CopyExitCode.Failed : CopyExitCode.Refused;
        }
    }

    private static void Say(string kind, string text)
    {
        using SafeFileHandle error = new(2, ownsHandle: false);
        LinuxFile.Write(error, Encoding.UTF8.GetBytes($"{kind}{text}\n"));
    }
}
