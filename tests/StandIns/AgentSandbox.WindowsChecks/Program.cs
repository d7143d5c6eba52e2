using AgentSandbox.WindowsChecks.Copying;
using AgentSandbox.WindowsChecks.State;

namespace AgentSandbox.WindowsChecks;

/// <summary>Runs named checks and says of each, on a line, "ok NAME" or "FAIL NAME: why". The exit code is the number of those that failed.</summary>
[System.Runtime.Versioning.SupportedOSPlatform("windows")]
internal static class Program
{
    private static int Main(string[] args)
    {
        (string Name, Action<CheckFolder> Run)[] checks = [.. ExtractChecks.All, .. LinkChecks.All, .. ArchiveChecks.All, .. StateChecks.All];
        if (args is ["hold-lock", string path])
        {
            return StateChecks.HoldLock(path);
        }

        int failed = 0;
        foreach ((string name, Action<CheckFolder> run) in checks.Where(c => args.Length == 0 || args.Contains(c.Name)))
        {
            try
            {
                run(new CheckFolder());
                Console.Out.WriteLine($"ok {name}");
            }
            catch (Exception e)
            {
                failed++;
                Console.Out.WriteLine($"FAIL {name}: {e.ToString().ReplaceLineEndings(" | ")}");
            }
        }

        return failed;
    }
}
