namespace AgentSandbox;

/// <summary>Reads the names of allowances as users write them.</summary>
public static class AllowanceName
{
    /// <summary>All names, in the order in which they are told.</summary>
    public static IReadOnlyList<string> All { get; } = Enum.GetNames<SandboxAllowance>();

    /// <summary>Reads a name: without regard to case, and with dashes or underscores between its words or without (<c>io-uring</c>, <c>io_uring</c>, <c>IoUring</c>). Never a number.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="allowance">What it names.</param>
    /// <returns>False when it names nothing.</returns>
    public static bool TryParse(string? text, out SandboxAllowance allowance)
    {
        string plain = (text ?? "").Trim().Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal);
        foreach (SandboxAllowance known in Enum.GetValues<SandboxAllowance>())
        {
            if (string.Equals(known.ToString(), plain, StringComparison.OrdinalIgnoreCase))
            {
                allowance = known;
                return true;
            }
        }

        allowance = default;
        return false;
    }

    /// <summary>Says that a name is none.</summary>
    /// <param name="text">What was written.</param>
    /// <returns>The sentence.</returns>
    public static string Problem(string? text) => $"'{SandboxName.Printable(text ?? "")}' is nothing that can be allowed.";

    /// <summary>Says which names there are, the nearest first.</summary>
    /// <param name="text">What was written.</param>
    /// <returns>Two sentences.</returns>
    public static string Advice(string? text) => $"Did you mean '{NearestName.Find(text ?? "", All)}'? There are {string.Join(", ", All)}.";
}
