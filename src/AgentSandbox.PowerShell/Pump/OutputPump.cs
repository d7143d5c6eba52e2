using System.Management.Automation;
using System.Threading.Channels;

namespace AgentSandbox.PowerShell.Pump;

/// <summary>
/// Carries what workers want to write to the pipeline thread, the only one that may call a cmdlet's Write methods.
/// Bounded: a slow pipeline holds the workers up, and through flow control the command in the sandbox, never memory.
/// </summary>
internal sealed class OutputPump
{
    private const int Capacity = 64;

    private readonly Channel<Action<Cmdlet>> _channel =
        Channel.CreateBounded<Action<Cmdlet>>(new BoundedChannelOptions(Capacity) { SingleReader = true });

    /// <summary>From a worker: hands over a write, waiting for room.</summary>
    public ValueTask WriteAsync(Action<Cmdlet> write, CancellationToken cancellationToken) => _channel.Writer.WriteAsync(write, cancellationToken);

    /// <summary>From a worker: hands over a write that may be lost when the pipeline is busy, such as progress.</summary>
    public bool TryWrite(Action<Cmdlet> write) => _channel.Writer.TryWrite(write);

    /// <summary>From a worker: makes a pipeline thread that waits in <see cref="WaitAndDrain"/> look again. When the pump is full that thread has work anyway.</summary>
    public void Wake() => TryWrite(static _ => { });

    /// <summary>No worker will write any more.</summary>
    public void Complete() => _channel.Writer.TryComplete();

    /// <summary>On the pipeline thread: writes what is there, without waiting.</summary>
    public void DrainAvailable(Cmdlet cmdlet)
    {
        while (_channel.Reader.TryRead(out Action<Cmdlet>? write))
        {
            write(cmdlet);
        }
    }

    /// <summary>On the pipeline thread: waits for something to write and writes it.</summary>
    /// <returns>False when the pump is complete and empty.</returns>
    public bool WaitAndDrain(Cmdlet cmdlet)
    {
        if (!WaitToRead())
        {
            return false;
        }

        DrainAvailable(cmdlet);
        return true;
    }

    /// <summary>On the pipeline thread: writes until the workers are done.</summary>
    public void DrainToEnd(Cmdlet cmdlet)
    {
        while (WaitAndDrain(cmdlet))
        {
        }
    }

    /// <summary>On the pipeline thread, after it was told to stop: waits for the workers to end and drops what they still write.</summary>
    public void DiscardToEnd()
    {
        while (WaitToRead())
        {
            while (_channel.Reader.TryRead(out _))
            {
            }
        }
    }

    private bool WaitToRead() => _channel.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult();
}
