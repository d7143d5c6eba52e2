namespace AgentSandbox.Guest.Serve.ProcessTree;

/// <summary>What identifies the processes of one command.</summary>
/// <param name="leader">Its first process, also the number of its session and process group.</param>
/// <param name="marker">See <see cref="TreeMarker"/>; 0 for none.</param>
internal sealed class CommandTree(int leader, ulong marker)
{
    /// <summary>Process id of the first process. Belongs to nobody, or to anybody, once <see cref="LeaderIsAlive"/> is false.</summary>
    public int Leader { get; } = leader;

    /// <summary>The limit that all processes of the command inherit.</summary>
    public ulong Marker { get; } = marker;

    /// <summary>True until the leader is reaped.</summary>
    public bool LeaderIsAlive { get; set; } = true;
}
