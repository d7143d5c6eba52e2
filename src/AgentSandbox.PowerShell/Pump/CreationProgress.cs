using System.Management.Automation;

namespace AgentSandbox.PowerShell.Pump;

/// <summary>The progress bar of a creation: of its long steps, such as pulling an image; most creations have none and show none.</summary>
internal static class CreationProgress
{
    /// <summary>Creates something, with a bar that is gone when it is done.</summary>
    /// <typeparam name="T">What is created.</typeparam>
    /// <param name="pump">Carries the bar to the pipeline thread.</param>
    /// <param name="create">Creates it, telling how far it is.</param>
    /// <returns>What was created.</returns>
    public static async Task<T> RunAsync<T>(OutputPump pump, Func<IProgress<SandboxProgress>, Task<T>> create)
    {
        bool shown = false;
        var progress = new PumpProgress<SandboxProgress>(pump, report =>
        {
            shown = true;
            return Describe(report);
        });
        try
        {
            return await create(progress).ConfigureAwait(false);
        }
        finally
        {
            if (shown)
            {
                pump.TryWrite(static cmdlet => cmdlet.WriteProgress(new ProgressRecord(0, "Image", "Done") { RecordType = ProgressRecordType.Completed }));
            }
        }
    }

    /// <summary>Makes a record of a report. PowerShell allows no empty text in it.</summary>
    /// <param name="report">The report.</param>
    /// <returns>The record.</returns>
    public static ProgressRecord Describe(SandboxProgress report) => new(
        0,
        string.IsNullOrEmpty(report.Activity) ? "Image" : report.Activity,
        string.IsNullOrEmpty(report.Status) ? " " : report.Status)
    {
        PercentComplete = Math.Clamp(report.PercentComplete, -1, 100),
    };
}
