using System.Diagnostics;
using AgentSandbox.Backends.Linux.ControlGroups;
using AgentSandbox.State;

namespace AgentSandbox.Backends.Linux.Runtime;

/// <summary>Takes away what a sandbox leaves. Each step can be repeated and can find its work done: it also runs after a kill, by whoever comes next.</summary>
internal static class SandboxRemains
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    /// <summary>Ends every process and deletes the control groups.</summary>
    /// <param name="id">The sandbox.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.CleanupFailed"/>.</exception>
    public static void EndProcesses(string id)
    {
        var group = new ControlGroup(ControlGroupHierarchy.Detect(), id);
        if (!group.KillAll(s_patience))
        {
            throw new SandboxException(
                SandboxErrorId.CleanupFailed,
                $"Processes of the sandbox can't be ended: {string.Join(", ", group.Processes())}.",
                "They wait for the kernel (state D in ps); remove the sandbox again when that is over.",
                id);
        }

        group.Delete(s_patience);
    }

    /// <summary>Deletes what a backend stored; the record stays.</summary>
    /// <param name="home">The state folder.</param>
    /// <param name="id">The sandbox.</param>
    public static void DeleteFolders(SandboxHome home, string id)
    {
        Processes.ProcessStore.Delete(home, id);
        var paths = new SandboxPaths(home, id);
        if (Directory.Exists(paths.Data))
        {
            File.Delete(paths.DiskImage);
        }

        DeleteHostileTree(paths.DiskFolder);
        DeleteHostileTree(paths.Checkpoints);
        DeleteHostileTree(paths.Work);
        if (Directory.Exists(paths.Runtime))
        {
            Directory.Delete(paths.Runtime, recursive: true);
        }
    }

    /// <summary>rm(1), because a guest can nest folders deeper than a path can be long, and rm goes down step by step.</summary>
    internal static void DeleteHostileTree(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return;
        }

        const int Attempts = 100;
        for (int attempt = 1; ; attempt++)
        {
            using var rm = Process.Start(new ProcessStartInfo("/bin/rm", ["-rf", "--one-file-system", "--", folder]) { RedirectStandardError = true, Environment = { ["LC_ALL"] = "C" } })!;
            string output = rm.StandardError.ReadToEnd();
            rm.WaitForExit();
            if (rm.ExitCode == 0)
            {
                return;
            }

            // A copy of files into it that was killed just now may finish its last write.
            if (attempt == Attempts || !output.Contains("Directory not empty", StringComparison.Ordinal))
            {
                throw new SandboxException(SandboxErrorId.CleanupFailed, $"The sandbox's files can't be deleted: {output.Trim()}", "Delete them, then remove the sandbox again.", folder);
            }

            Thread.Sleep(20);
        }
    }
}
