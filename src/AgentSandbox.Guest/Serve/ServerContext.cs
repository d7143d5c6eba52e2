using AgentSandbox.Guest.Serve.Channels;
using AgentSandbox.Guest.Serve.Loop;
using AgentSandbox.Guest.Serve.ProcessTree;
using AgentSandbox.Guest.Serve.Spawn;

namespace AgentSandbox.Guest.Serve;

/// <summary>What all connections and commands of the guest share.</summary>
internal sealed class ServerContext(EventLoop loop, ProcessStarter starter, Reaper reaper, TreeSignaller signaller, LeftoverPipes leftovers)
{
    public EventLoop Loop { get; } = loop;

    public ProcessStarter Starter { get; } = starter;

    public Reaper Reaper { get; } = reaper;

    public TreeSignaller Signaller { get; } = signaller;

    public LeftoverPipes Leftovers { get; } = leftovers;

    /// <summary>Told of every command that has ended.</summary>
    public IdleTrim Trim { get; } = new(loop);

    /// <summary>Commands that have not ended, of all connections.</summary>
    public HashSet<CommandTree> Running { get; } = [];

    /// <summary>Commands that were ever started.</summary>
    public long Started { get; private set; }

    /// <summary>Commands that are being ended.</summary>
    public int Endings { get; set; }

    /// <summary>No command is started any more.</summary>
    public bool IsShuttingDown { get; set; }

    /// <summary>A command was forked.</summary>
    public void OnStarted(CommandTree tree)
    {
        Started++;
        Running.Add(tree);
    }
}
