namespace AgentSandbox;

/// <summary>What a sandbox may use at most. 0 means unlimited, as with <c>docker run</c>; every default is a limit.</summary>
public sealed record SandboxLimits
{
    /// <summary>Memory in bytes, swap excluded (there is none).</summary>
    public long Memory { get; init; }

    /// <summary>CPUs, such as 0.5 or 2.</summary>
    public double Cpu { get; init; }

    /// <summary>Processes and threads at once.</summary>
    public int Pids { get; init; }

    /// <summary>Bytes that the sandbox's own files may take on the disk.</summary>
    public long Disk { get; init; }

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{(Memory == 0 ? "unlimited" : ByteSize.Format(Memory))} memory, {(Cpu == 0 ? "unlimited" : Cpu)} cpu, {(Pids == 0 ? "unlimited" : Pids)} pids, {(Disk == 0 ? "unlimited" : ByteSize.Format(Disk))} disk");
}
