namespace AgentSandbox;

/// <summary>Size of a terminal, in characters.</summary>
/// <param name="Columns">Characters in a line.</param>
/// <param name="Rows">Lines.</param>
public readonly record struct TerminalSize(ushort Columns, ushort Rows)
{
    /// <summary>What a terminal that does not know its size is taken for: 80 by 24, as ever.</summary>
    public static TerminalSize Default { get; } = new(80, 24);
}
