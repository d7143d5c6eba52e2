using System.Diagnostics;

namespace AgentSandbox.Isolation;

/// <summary>Runs one probe and turns what it found into a result.</summary>
internal static class IsolationRun
{
    /// <summary>Runs it.</summary>
    /// <param name="subject">Name that the result carries.</param>
    /// <param name="probe">The probe.</param>
    /// <param name="setting">What it has at hand.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The result.</returns>
    public static async Task<IsolationResult> RunAsync(string subject, IsolationProbe probe, ProbeSetting setting, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        IsolationFinding finding;
        try
        {
            finding = await probe.RunAsync(setting, cancellationToken);
        }
        catch (Exception error) when (error is SandboxException or IOException or UnauthorizedAccessException)
        {
            // A probe that can't be asked has no verdict; the others still have.
            finding = IsolationFinding.Inconclusive(error.Message);
        }

        if (finding.Verdict == IsolationVerdict.Exposed && probe.DeclaredBy(setting) is { } parameter)
        {
            finding = finding with { Verdict = IsolationVerdict.Declared, Evidence = $"{finding.Evidence} The specification asks for it: {parameter}." };
        }

        return new IsolationResult
        {
            Subject = subject,
            Backend = setting.Specification.Backend,
            Probe = probe.Info,
            Verdict = finding.Verdict,
            ObservedBy = finding.ObservedBy,
            Evidence = finding.Evidence,
            Duration = Stopwatch.GetElapsedTime(start),
        };
    }
}
