using System.Management.Automation;
using AgentSandbox.PowerShell.Errors;
using AgentSandbox.PowerShell.Invocation;
using AgentSandbox.PowerShell.Parameters;

namespace AgentSandbox.PowerShell.Jobs;

/// <summary>Runs a command in one sandbox as the work of a child job: the same as Invoke-InSandbox does, with no cmdlet behind it.</summary>
internal static class InvocationWork
{
    /// <summary>Makes the work.</summary>
    /// <param name="manager">Does it.</param>
    /// <param name="plan">What is to be done.</param>
    /// <param name="target">The sandbox; null for a throw-away one.</param>
    /// <param name="input">Standard input, if any.</param>
    public static JobWork Of(SandboxManager manager, InvocationPlan plan, SandboxReference? target, Stream? input) =>
        (pump, cancellationToken) => RunAsync(new InvocationRunner(manager, plan, pump, 1, cancellationToken), target, input);

    private static async Task<JobEnd> RunAsync(InvocationRunner runner, SandboxReference? target, Stream? input)
    {
        using (runner)
        {
            runner.Add(target, input);
            await runner.Complete().ConfigureAwait(false);
            ErrorRecord? failure =
                runner.Defect is { } defect ? new ErrorRecord(defect, "InternalError", ErrorCategory.NotSpecified, target)
                : runner.Failures is [var (exception, name), ..] ? ErrorRecords.From(exception, name)
                : null;
            return new JobEnd(runner.ExitCode, failure);
        }
    }
}
