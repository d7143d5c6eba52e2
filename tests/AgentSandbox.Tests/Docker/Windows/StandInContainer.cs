using System.Collections.Concurrent;
using AgentSandbox.Backends.Docker.Engine.Model;

namespace AgentSandbox.Tests.Docker.Windows;

/// <summary>A container of the stand-in.</summary>
internal sealed class StandInContainer(string id, string name, ContainerCreate request, string body)
{
    public string Id { get; } = id;

    public string Name { get; } = name;

    public ContainerCreate Request { get; } = request;

    /// <summary>The request as it came in.</summary>
    public string Body { get; } = body;

    public StandInWindowsFiles Files { get; } = new();

    public string Status { get; set; } = "created";

    public long ExitCode { get; set; }

    public ConcurrentDictionary<string, StandInProcess> Execs { get; } = new();

    public bool IsRunning => Status == "running";

    /// <summary>Ends it and everything in it.</summary>
    public void End(long exitCode)
    {
        Status = "exited";
        ExitCode = exitCode;
        foreach (StandInProcess process in Execs.Values.Where(p => p.Running))
        {
            process.Kill();
        }
    }
}
