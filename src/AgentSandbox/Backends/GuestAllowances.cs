namespace AgentSandbox.Backends;

/// <summary>Tells the guest program in a sandbox with Linux in it what the specification allows, and finds what a backend can't allow.</summary>
internal static class GuestAllowances
{
    /// <summary>Arguments of the guest's <c>serve</c>.</summary>
    /// <param name="specification">The specification with defaults.</param>
    /// <returns>None, or the option with its names.</returns>
    public static IEnumerable<string> Arguments(SandboxSpecification specification) =>
        specification.Allow.Count == 0 ? [] : ["--allow", string.Join(',', specification.Allow)];

    /// <summary>Refuses what a backend can't open: an allowance that did nothing would be an option dropped without a word.</summary>
    /// <param name="specification">The specification with defaults.</param>
    /// <param name="reasons">Why each of these can't be allowed.</param>
    /// <returns>The problems.</returns>
    public static IEnumerable<SpecificationProblem> Refuse(SandboxSpecification specification, IReadOnlyDictionary<SandboxAllowance, string> reasons)
    {
        foreach (SandboxAllowance allowance in specification.Allow)
        {
            if (reasons.TryGetValue(allowance, out string? reason))
            {
                yield return Problem(allowance, specification.Backend, reason, $"Leave {allowance} out, or use -Backend Nspawn.");
            }
        }
    }

    /// <summary>Refuses everything, for sandboxes with Windows in them.</summary>
    /// <param name="specification">The specification with defaults.</param>
    /// <returns>The problems.</returns>
    public static IEnumerable<SpecificationProblem> RefuseAll(SandboxSpecification specification) =>
        specification.Allow.Select(allowance => Problem(allowance, specification.Backend, "it is a part of Linux, and there is Windows inside.", $"Leave {allowance} out."));

    /// <summary>One that is refused.</summary>
    /// <param name="allowance">What was asked for.</param>
    /// <param name="backend">The backend.</param>
    /// <param name="reason">Why not, from the middle of a sentence.</param>
    /// <param name="action">What to do.</param>
    /// <returns>The problem.</returns>
    public static SpecificationProblem Problem(SandboxAllowance allowance, string backend, string reason, string action) =>
        new(SandboxErrorId.NotEnforceable, "Allow", $"{backend} can't allow {allowance}: {reason}", action);

    /// <summary>Why this machine's /dev/net/tun is of no use to the commands of a sandbox that is given that very node. Where it has another node, only the first reason counts.</summary>
    /// <param name="specification">The specification with defaults; it allows Tun.</param>
    /// <param name="sameNode">The sandbox gets this machine's node, with its owner and mode.</param>
    /// <returns>The problem; null when there is none.</returns>
    public static SpecificationProblem? NetworkDeviceProblem(SandboxSpecification specification, bool sameNode)
    {
        const string Device = "/dev/net/tun";
        const UnixFileMode Open = UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        if (OperatingSystem.IsWindows() || !File.Exists(Device))
        {
            return Problem(SandboxAllowance.Tun, specification.Backend, $"this machine has no {Device}.", "Load the module: modprobe tun");
        }

        // systemd gives the node to everybody (static-nodes-permissions.conf); a machine without it has what the kernel made, which is root's.
        return !sameNode || (File.GetUnixFileMode(Device) & Open) == Open || specification.User?.Split(':')[0] is "root" or "0"
            ? null
            : Problem(SandboxAllowance.Tun, specification.Backend, $"only root may open this machine's {Device}.", $"Open it as systemd does: chmod 0666 {Device}. Or use -Backend Nspawn, which makes a device of its own.");
    }
}
