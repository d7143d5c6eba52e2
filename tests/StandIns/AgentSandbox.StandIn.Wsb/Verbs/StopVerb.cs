using System.Diagnostics;
using System.Globalization;

namespace AgentSandbox.StandIn.Wsb.Verbs;

/// <summary><c>stop</c>: ends all that runs inside, with its children, as the end of a virtual machine does. Faults: <c>stop-ignored</c>, <c>stop-takes</c> (milliseconds).</summary>
internal static class StopVerb
{
    public static int Run(StandInState state, Options options)
    {
        Instance instance = state.Find(options.Required("--id"));
        if (state.Fault("stop-ignored") is not null)
        {
            return 0;
        }

        Thread.Sleep(state.Fault("stop-takes", 100));
        foreach (string mark in Directory.EnumerateFiles(state.Processes))
        {
            End(int.Parse(Path.GetFileName(mark), CultureInfo.InvariantCulture));
        }

        MappedFolders.Unmap(instance);
        return state.Alone<int>(_ => (null, 0));
    }

    private static void End(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill(entireProcessTree: true);
            process.WaitForExit(10_000);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            // It has ended by itself.
        }
    }
}
