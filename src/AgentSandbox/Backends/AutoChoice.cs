namespace AgentSandbox;

/// <summary>Which backend <c>Auto</c> takes, and why.</summary>
public sealed record AutoChoice
{
    /// <summary>Name of the backend; null when none is ready.</summary>
    public string? Backend { get; init; }

    /// <summary>The backends that were asked before it and not taken, with the reason of each, in the order in which they were asked.</summary>
    public required IReadOnlyList<BackendInfo> PassedOver { get; init; }

    /// <summary>The choice in words, for a log or a verbose message.</summary>
    /// <returns>One sentence or more.</returns>
    public override string ToString()
    {
        string reasons = string.Join(" ", PassedOver.Select(b => $"{b.Name}: {(b.Available ? "It is no security boundary." : b.Reason)}"));
        return Backend is null ? $"Not taken: {reasons}" : PassedOver.Count == 0 ? $"Auto takes {Backend}." : $"Auto takes {Backend}. Passed over: {reasons}";
    }
}
