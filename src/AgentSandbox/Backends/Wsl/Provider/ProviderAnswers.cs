using AgentSandbox.Backends.Nspawn;
using AgentSandbox.Backends.Wsl.State;
using AgentSandbox.Backends.Wsl.Wire;
using AgentSandbox.Connection;
using AgentSandbox.Isolation;

namespace AgentSandbox.Backends.Wsl.Provider;

/// <summary>
/// Looks at what the distribution says before anything is done with it. Its root is trusted less than this machine: a sandbox may have broken out of nspawn, and
/// what it then says must be no more than a lie about the sandboxes themselves.
/// </summary>
internal static class ProviderAnswers
{
    private const int MaxMounts = 64;
    private const int MaxProblems = 100;

    /// <summary>Takes a sandbox over.</summary>
    /// <param name="sandbox">What the distribution said.</param>
    /// <param name="warnings">What users of a specification are told.</param>
    /// <returns>The sandbox as users see it.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ProtocolViolation"/>.</exception>
    public static Sandbox Accept(Sandbox sandbox, Func<SandboxSpecification, IReadOnlyList<string>> warnings)
    {
        SandboxSpecification s = sandbox.Specification ?? throw Violation("a sandbox has no specification.");
        Require(WslState.IsId(sandbox.Id), "an id");
        Require(SandboxName.IsValid(sandbox.Name) && SandboxName.IsValid(sandbox.Image), "a name");
        Require(Enum.IsDefined(sandbox.State) && Enum.IsDefined(sandbox.Network), "a state");
        Require(sandbox.Backend == NspawnBackend.BackendName && s.Backend == sandbox.Backend, "a backend");
        Require(sandbox.Limits is not null && sandbox.Mounts is not null && s.Environment is not null && s.Mounts is not null, "a specification");
        Require(s.Mounts!.Count <= MaxMounts && sandbox.Mounts!.SequenceEqual(s.Mounts), "mounts");
        Require(SpecificationValidator.Validate(s, sourcesAreHere: false).FirstOrDefault() is null, "a specification");
        foreach (SandboxMount mount in s.Mounts)
        {
            // Never one of this machine's: a sibling that is made from this specification would be given it.
            Require(WslMount.IsInDistribution(mount.Source) && SpecificationValidator.IsCleanPath(mount.Source), "a mount's source");
        }

        SandboxSpecification specification = s with { Backend = WslBackend.BackendName };
        return sandbox with
        {
            Backend = WslBackend.BackendName,
            Specification = specification,
            StateReason = sandbox.StateReason is null ? null : GuestText.Clean(sandbox.StateReason),
            Warnings = warnings(specification),
        };
    }

    /// <summary>Takes a checkpoint over.</summary>
    /// <param name="checkpoint">What the distribution said.</param>
    /// <param name="sandboxId">The sandbox that it was asked about.</param>
    /// <returns>The checkpoint.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ProtocolViolation"/>.</exception>
    public static SandboxCheckpoint Accept(SandboxCheckpoint checkpoint, string sandboxId)
    {
        Require(SandboxName.IsValid(checkpoint.Name) && SandboxName.IsValid(checkpoint.SandboxName), "the name of a checkpoint");
        Require(checkpoint.SandboxId == sandboxId && checkpoint.Size >= 0, "a checkpoint");
        return checkpoint;
    }

    /// <summary>Takes a background process over.</summary>
    /// <param name="process">What the distribution said.</param>
    /// <param name="sandboxId">The sandbox that it was asked about.</param>
    /// <param name="number">The number that it was asked about; null is any.</param>
    /// <returns>The process.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ProtocolViolation"/>.</exception>
    public static SandboxProcess Accept(SandboxProcess process, string sandboxId, int? number)
    {
        Require(process.SandboxId == sandboxId && SandboxName.IsValid(process.SandboxName), "the sandbox of a process");
        Require(process.Id > 0 && (number is null || process.Id == number) && Enum.IsDefined(process.State), "a process");
        return process with { Command = GuestText.Clean(process.Command), Reason = process.Reason is null ? null : GuestText.Clean(process.Reason) };
    }

    /// <summary>Takes an isolation result over.</summary>
    /// <param name="result">What the distribution said.</param>
    /// <param name="subject">The name that the result shall carry.</param>
    /// <returns>The result. Data of the probe are this library's own, not the distribution's.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ProtocolViolation"/>.</exception>
    public static IsolationResult Accept(IsolationResult result, string subject)
    {
        Require(result.Probe is not null && Enum.IsDefined(result.Verdict) && Enum.IsDefined(result.ObservedBy), "a result");
        IsolationProbeInfo? probe = ProbeRegistry.Catalogue.FirstOrDefault(p => p.Id == result.Probe!.Id);
        Require(probe is not null, "a probe");
        return result with { Subject = subject, Backend = WslBackend.BackendName, Probe = probe!, Evidence = GuestText.Clean(result.Evidence) };
    }

    /// <summary>Makes an exception of an error that the distribution's side raised.</summary>
    /// <param name="error">What it said.</param>
    /// <param name="target">What the error is about.</param>
    /// <returns>The exception.</returns>
    public static SandboxException Error(ProviderError error, string? target)
    {
        IReadOnlyList<SpecificationProblem> problems = [.. (error.Problems ?? []).Take(MaxProblems).Select(p => new SpecificationProblem(Id(p.ErrorId), GuestText.Clean(p.Parameter), GuestText.Clean(p.Message), GuestText.Clean(p.RecommendedAction)))];
        if (problems.Count > 0)
        {
            try
            {
                SpecificationValidator.Throw(problems, target);
            }
            catch (SandboxException e)
            {
                return e;
            }
        }

        return new SandboxException(Id(error.ErrorId), GuestText.Clean(error.Message), GuestText.Clean(error.RecommendedAction), target);
    }

    /// <summary>An id is a name in docs/errors.md, and callers compare it: nothing else becomes one.</summary>
    private static string Id(string? id) => id is { Length: > 0 and <= 40 } && id.All(char.IsAsciiLetter) ? id : SandboxErrorId.WslFailed;

    private static void Require(bool isRight, string what)
    {
        if (!isRight)
        {
            throw Violation($"what it gave as {what} of a sandbox is none.");
        }
    }

    /// <summary>Says that the distribution does not keep to what was agreed.</summary>
    /// <param name="why">What it did.</param>
    /// <returns>The error.</returns>
    public static SandboxException Violation(string why) =>
        new(SandboxErrorId.ProtocolViolation, $"The distribution does not answer as it should: {why}", "Install it anew: Install-SandboxBackend Wsl -Force. If sandboxes ran hostile code, take the distribution for theirs.");
}
