using System.Globalization;

namespace AgentSandbox.IntegrationTests.Guest;

/// <summary>A container whose first process is the guest; removed with this object.</summary>
public sealed class DockerGuest : IDisposable
{
    private readonly string _name;

    public DockerGuest(string name)
    {
        _name = name;
        First = StandardStreamsGuest.Of("docker", "start", "-ai", name);
        if (!SpinWait.SpinUntil(() => Inspect("{{.State.Status}}") != "created", TimeSpan.FromSeconds(30)))
        {
            throw new TimeoutException($"The container {name} does not start. {First.Messages}");
        }
    }

    /// <summary>The streams of the first process.</summary>
    public StandardStreamsGuest First { get; }

    public bool IsRunning => Inspect("{{.State.Running}}") == "true";

    /// <summary>Another server in the container, as the user of the first.</summary>
    public StandardStreamsGuest Beside() =>
        StandardStreamsGuest.Of("docker", "exec", "-i", _name, "/.agentsandbox/guest", "serve", "--stdio", "--no-new-privileges", "--drop-capabilities");

    /// <summary>SIGTERM from outside, then the exit code.</summary>
    public int Stop()
    {
        DockerGuestImage.Run("docker", "stop", "-t", "30", _name);
        return WaitForExit();
    }

    /// <summary>Exit code of the container.</summary>
    public int WaitForExit() => int.Parse(DockerGuestImage.Run("timeout", "60", "docker", "wait", _name), CultureInfo.InvariantCulture);

    public void Dispose()
    {
        DockerGuestImage.Run("docker", "rm", "-f", _name);
        First.Dispose();
    }

    private string Inspect(string format) => DockerGuestImage.Run("docker", "inspect", "-f", format, _name);
}
