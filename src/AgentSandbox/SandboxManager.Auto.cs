namespace AgentSandbox;

public sealed partial class SandboxManager
{
    private const string NoWeakBoundary = "Auto does not fall back to a backend that is no security boundary; name one with -Backend if you want it.";

    /// <summary>
    /// Says which backend <c>Auto</c> takes here and now, and why not one that it asked before. On Linux that is the first that is ready, this machine's
    /// own before the container engine's; on Windows the strongest that is ready. Never one that is no security boundary: who wants that says so.
    /// </summary>
    /// <returns>The choice.</returns>
    public AutoChoice ExplainAuto()
    {
        var passedOver = new List<BackendInfo>();
        foreach (BackendInfo info in AutoOrder(_backends.Select(b => b.Describe())))
        {
            if (IsForAuto(info))
            {
                return new AutoChoice { Backend = info.Name, PassedOver = passedOver };
            }

            passedOver.Add(info);
        }

        return new AutoChoice { PassedOver = passedOver };
    }

    /// <summary>Asking a backend can take seconds, so on Linux none is asked behind the one that is taken.</summary>
    private static IEnumerable<BackendInfo> AutoOrder(IEnumerable<BackendInfo> backends) =>
        OperatingSystem.IsWindows() ? backends.OrderByDescending(b => b.Strength) : backends;

    private static bool IsForAuto(BackendInfo info) => info.Available && info.SecurityBoundary;

    private static SpecificationProblem NothingReady(AutoChoice choice)
    {
        if (OperatingSystem.IsWindows())
        {
            return new SpecificationProblem(
                SandboxErrorId.BackendNotAvailable,
                "Backend",
                $"No backend is ready on this machine. {choice}",
                $"Get-SandboxBackend (agentsandbox backends) says of each what to do. {NoWeakBoundary}");
        }

        return NotAvailable(choice.PassedOver[0], $" ({NoWeakBoundary})");
    }
}
