using System.Collections.Concurrent;
using AgentSandbox.Backends.WindowsSandbox.Instance;
using AgentSandbox.Backends.WindowsSandbox.Keeping;
using AgentSandbox.Connection;
using AgentSandbox.Protocol;
using AgentSandbox.Tests.Connection;

namespace AgentSandbox.Tests.WindowsSandbox;

/// <summary>Leads to scripted guests that say HELLO, or to nobody.</summary>
internal sealed class FakeDoor : IGuestDoor
{
    /// <summary>Nobody answers.</summary>
    public bool IsDeaf { get; set; }

    /// <summary>So often nobody answers, and then somebody does.</summary>
    public int DeafTimes { get; set; }

    /// <summary>What answers is no guest of ours.</summary>
    public bool IsHostile { get; set; }

    public ConcurrentQueue<ScriptedGuest> Guests { get; } = [];

    public async Task<Stream> ConnectAsync(InstancePaths paths, CancellationToken cancellationToken)
    {
        if (IsDeaf || DeafTimes-- > 0)
        {
            await Task.Delay(20, cancellationToken);
            throw GuestErrors.NotResponding("nobody is there.");
        }

        ScriptedGuest guest = ScriptedGuest.Create();
        Guests.Enqueue(guest);
        _ = GreetAsync(guest);
        return guest.HostStream;
    }

    private async Task GreetAsync(ScriptedGuest guest)
    {
        await guest.ExpectAsync(FrameType.Hello);
        await (IsHostile ? guest.SendAsync(FrameType.Pong, 0) : guest.HelloAsync());
    }
}
