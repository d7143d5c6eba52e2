using AgentSandbox.WindowsGuest.Serve.Spawn;

namespace AgentSandbox.WindowsGuest.Serve.Commands;

/// <summary>
/// Processes that a command left in the background, which go on as they do on Linux until the sandbox ends. Their jobs are kept open here: closing
/// one would end them. When there are too many the oldest are ended.
/// </summary>
internal static class LeftoverJobs
{
    private const int Most = 1024;

    private static readonly object s_gate = new();
    private static readonly List<StartedProcess> s_processes = [];

    /// <summary>Takes a command that has ended.</summary>
    /// <param name="process">Its first process and job.</param>
    public static void Adopt(StartedProcess process)
    {
        lock (s_gate)
        {
            s_processes.Add(process);
            for (int i = s_processes.Count - 1; i >= 0; i--)
            {
                if (s_processes[i].Job.ActiveProcesses == 0 || s_processes.Count > Most && i == 0)
                {
                    s_processes[i].Job.Dispose();
                    s_processes[i].Process.Dispose();
                    s_processes.RemoveAt(i);
                }
            }
        }
    }
}
