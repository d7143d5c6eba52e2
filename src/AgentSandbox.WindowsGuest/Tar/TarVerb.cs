using System.Text;
using AgentSandbox.Copying.Archive;
using AgentSandbox.Copying.Files;

namespace AgentSandbox.WindowsGuest.Tar;

/// <summary>What both verbs tell the host, as the Linux guest does: notes and at most one error on standard error, one a line, and an exit code.</summary>
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
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DllNotFoundException)
        {
            Say(CopyReport.Error, e.Message);
            return CopyExitCode.Failed;
        }
    }

    private static void Say(string kind, string text)
    {
        byte[] line = Encoding.UTF8.GetBytes($"{kind}{text}\n");
        using Stream error = Console.OpenStandardError();
        error.Write(line, 0, line.Length);
    }
}
