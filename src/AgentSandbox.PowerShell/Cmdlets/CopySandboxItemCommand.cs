using System.Management.Automation;
using AgentSandbox.PowerShell.Completion;
using AgentSandbox.PowerShell.Parameters;
using AgentSandbox.PowerShell.Pump;

namespace AgentSandbox.PowerShell.Cmdlets;

/// <summary>Copies files and folders into and out of a sandbox.</summary>
[Cmdlet(VerbsCommon.Copy, "SandboxItem", DefaultParameterSetName = "Path", SupportsShouldProcess = true)]
[OutputType(typeof(CopyResult))]
public sealed class CopySandboxItemCommand : SandboxCmdlet
{
    /// <summary>What to copy; wildcards are expanded on this machine.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = "Path", ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>What to copy, taken as it is.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "LiteralPath", ValueFromPipelineByPropertyName = true)]
    [Alias("PSPath", "LP", "FullName")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>Where to copy to.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Destination { get; set; } = "";

    /// <summary>The sandbox, when neither path names it.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(SandboxNameCompleter))]
    [ValidateNotNull]
    public SandboxReference? Sandbox { get; set; }

    /// <summary>From this machine into the sandbox; what happens with -Sandbox alone.</summary>
    [Parameter]
    public SwitchParameter ToSandbox { get; set; }

    /// <summary>From the sandbox to this machine.</summary>
    [Parameter]
    public SwitchParameter FromSandbox { get; set; }

    /// <summary>User in the sandbox that reads or writes there.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? User { get; set; }

    /// <summary>Write what was copied.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    private protected override void Begin()
    {
        if (ToSandbox && FromSandbox)
        {
            ThrowTerminating(new SandboxException(SandboxErrorId.InvalidSpecification, "-ToSandbox and -FromSandbox were both given.", "Give one of them.", Destination));
        }
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        // Not before: the sandbox may be a property of what comes through the pipeline.
        if ((ToSandbox || FromSandbox) && Sandbox is null)
        {
            ThrowTerminating(NoSandboxSide("-ToSandbox and -FromSandbox need -Sandbox.", Destination));
        }

        bool literal = ParameterSetName == "LiteralPath";
        foreach (string path in literal ? LiteralPath : Path)
        {
            try
            {
                foreach (CopyJob job in Plan(path, literal))
                {
                    Copy(job);
                }
            }
            catch (SandboxException e)
            {
                WriteSandboxError(e, path);
            }
        }
    }

    private IEnumerable<CopyJob> Plan(string path, bool literal)
    {
        // With -Sandbox both paths are plain, so that a name with a colon in it can be copied as well.
        CopyEnd source = Sandbox is null ? CopyEnd.Read(path, SessionState) : new CopyEnd(FromSandbox ? Sandbox.NameOrId : null, path);
        CopyEnd destination = Sandbox is null ? CopyEnd.Read(Destination, SessionState) : new CopyEnd(FromSandbox ? null : Sandbox.NameOrId, Destination);
        return (source.Sandbox, destination.Sandbox) switch
        {
            (null, null) => throw NoSandboxSide($"Neither '{path}' nor '{Destination}' is in a sandbox.", path),
            (not null, not null) => throw NoSandboxSide($"Both '{path}' and '{Destination}' are in a sandbox.", path),
            (null, { } name) => (literal ? [HostPath.Literal(SessionState, path)] : HostPath.Expand(SessionState, path))
                .Select(item => new CopyJob(name, item, Absolute(destination.Path), IntoSandbox: true)),
            ({ } name, null) => [new CopyJob(name, Absolute(source.Path), HostPath.Literal(SessionState, destination.Path), IntoSandbox: false)],
        };
    }

    private void Copy(CopyJob job)
    {
        string shown = job.IntoSandbox ? $"{job.Source} to {job.Sandbox}:{job.Destination}" : $"{job.Sandbox}:{job.Source} to {job.Destination}";
        if (!ShouldProcess(shown, "Copy"))
        {
            return;
        }

        string id = Sandbox?.Object?.Id ?? Manager.Get(job.Sandbox).Id;
        CopyResult result = RunPumped((pump, token) => CopyAsync(id, job, shown, pump, token));
        foreach (string skipped in result.Skipped)
        {
            WriteWarning($"Not copied: {skipped}");
        }

        if (PassThru)
        {
            WriteObject(result);
        }
    }

    private async Task<CopyResult> CopyAsync(string id, CopyJob job, string shown, OutputPump pump, CancellationToken cancellationToken)
    {
        string activity = $"Copying {shown}";
        PumpProgress<CopyProgress> progress = new(pump, report => Describe(activity, report));
        try
        {
            return await (job.IntoSandbox
                ? Manager.CopyToAsync(id, job.Source, job.Destination, User, progress, cancellationToken)
                : Manager.CopyFromAsync(id, job.Source, job.Destination, User, progress, cancellationToken)).ConfigureAwait(false);
        }
        finally
        {
            // A bar must not stay when the copy has failed.
            pump.TryWrite(cmdlet => cmdlet.WriteProgress(new ProgressRecord(0, activity, "Done") { RecordType = ProgressRecordType.Completed }));
        }
    }

    private static ProgressRecord Describe(string activity, CopyProgress report)
    {
        string amount = report.TotalBytes is { } total ? $"{ByteSize.Format(report.Bytes)} of {ByteSize.Format(total)}" : ByteSize.Format(report.Bytes);
        return new ProgressRecord(0, activity, $"{report.Entries} items, {amount}")
        {
            CurrentOperation = report.CurrentPath,
            PercentComplete = report.TotalBytes is > 0 and { } all ? (int)Math.Clamp(100.0 * report.Bytes / all, 0, 100) : -1,
        };
    }

    // Whether it fits the sandbox is for the sandbox to say; what fits none is told before anything is looked for.
    private static string Absolute(string path) => path.StartsWith('/') || path is [_, ':', '/' or '\\', ..]
        ? path
        : throw new SandboxException(SandboxErrorId.CopyPathNotFound, $"'{path}' is no absolute path.", "A path in a sandbox starts with /, for example web:/srv/data; in a Windows sandbox with a drive, web:C:\\data.", path);

    private static SandboxException NoSandboxSide(string message, string target) =>
        new(SandboxErrorId.CopyPathNotFound, message, "Write one of them as NAME:/path, or say which sandbox with -Sandbox, and -FromSandbox to copy out of it.", target);

    private sealed record CopyJob(string Sandbox, string Source, string Destination, bool IntoSandbox);
}
