using System.Management.Automation;
using AgentSandbox.PowerShell.Pump;

namespace AgentSandbox.PowerShell.Jobs;

/// <summary>The work of a child job. It runs on a worker thread and completes the pump at its end.</summary>
/// <param name="pump">Where what it writes goes.</param>
/// <param name="cancellationToken">Ends it.</param>
/// <returns>How it ended.</returns>
internal delegate Task<JobEnd> JobWork(OutputPump pump, CancellationToken cancellationToken);

/// <summary>How the work of a job ended.</summary>
/// <param name="ExitCode">Exit code of its command, if there was one that ended.</param>
/// <param name="Failure">Why it failed; null when it did not.</param>
internal sealed record JobEnd(int? ExitCode, ErrorRecord? Failure = null);
