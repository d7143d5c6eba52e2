using System.ComponentModel;
using System.Diagnostics;

namespace AgentSandbox.Backends.WindowsSandbox.Instance;

/// <summary>The host's processes of Windows Sandbox. A seam for tests.</summary>
internal interface ISandboxProcesses
{
    /// <summary>Finds those whose names begin with <c>WindowsSandbox</c>.</summary>
    IReadOnlyList<ProcessIdentity> Find();

    /// <summary>Ends one, if it is still the same.</summary>
    /// <param name="process">The process.</param>
    void End(ProcessIdentity process);
}

/// <summary>The real one.</summary>
internal sealed class SandboxProcesses : ISandboxProcesses
{
    private const string Prefix = "WindowsSandbox";

    /// <inheritdoc/>
    public IReadOnlyList<ProcessIdentity> Find()
    {
        var found = new List<ProcessIdentity>();
        foreach (Process process in Process.GetProcesses())
        {
            using (process)
            {
                if (IsOfSandbox(process) && Identify(process) is { } identity)
                {
                    found.Add(identity);
                }
            }
        }

        return found;
    }

    /// <inheritdoc/>
    public void End(ProcessIdentity process)
    {
        try
        {
            using var found = Process.GetProcessById(process.Id);
            if (process.Created != 0 && Identify(found) == process)
            {
                found.Kill();
            }
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception)
        {
            // Gone meanwhile; one that can't be ended is found again and reported by who waits for its end.
        }
    }

    private static bool IsOfSandbox(Process process)
    {
        try
        {
            return process.ProcessName.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase);
        }
        catch (InvalidOperationException)
        {
            return false; // Ended meanwhile.
        }
    }

    private static ProcessIdentity? Identify(Process process)
    {
        try
        {
            return new ProcessIdentity(process.Id, process.StartTime.ToFileTimeUtc());
        }
        catch (InvalidOperationException)
        {
            return null; // Ended meanwhile.
        }
        catch (Win32Exception)
        {
            return new ProcessIdentity(process.Id, 0); // Another user's: it is there, and never ours.
        }
    }
}
