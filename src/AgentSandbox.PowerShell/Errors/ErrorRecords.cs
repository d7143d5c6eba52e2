using System.Management.Automation;
using AgentSandbox.PowerShell.Views;

namespace AgentSandbox.PowerShell.Errors;

/// <summary>Makes PowerShell's error records of the library's exceptions: same id, a true category, what it is about, what to do.</summary>
internal static class ErrorRecords
{
    /// <summary>Makes the record.</summary>
    /// <param name="exception">The library's exception.</param>
    /// <param name="target">What the cmdlet was working on, where the exception does not say.</param>
    public static ErrorRecord From(SandboxException exception, object? target = null) => About(exception, exception.Target ?? target);

    /// <summary>Makes the record for an exception about something that the user never named, such as a sibling's made-up name.</summary>
    /// <param name="exception">The library's exception.</param>
    /// <param name="target">What the user did name.</param>
    public static ErrorRecord About(SandboxException exception, object? target) =>
        new(exception, exception.ErrorId, Category(exception.ErrorId), target)
        {
            ErrorDetails = new ErrorDetails(TerminalText.Lines(Message(exception))) { RecommendedAction = TerminalText.Lines(exception.RecommendedAction) },
        };

    /// <summary>A line of a command's standard error, as PowerShell itself records one of a native command.</summary>
    public static ErrorRecord FromStandardError(string line, string sandboxName)
    {
        ErrorRecord record = new(new RemoteException(line), CmdletErrorId.NativeCommandError, ErrorCategory.NotSpecified, sandboxName);

        // Its view shows the bare line; the general one would add the script's line to each.
        PSObject.AsPSObject(record).TypeNames.Insert(0, "AgentSandbox.StandardErrorLine");
        return record;
    }

    private static string Message(SandboxException exception)
    {
        if (exception.Problems.Count < 2)
        {
            return exception.Message;
        }

        // All problems at once, so that nobody has to fix them one call at a time.
        IEnumerable<string> lines = exception.Problems.Select(problem => $"  -{problem.Parameter}: {problem.Message} {problem.RecommendedAction} [{problem.ErrorId}]");
        return $"{exception.Problems.Count} things are wrong:{Environment.NewLine}{string.Join(Environment.NewLine, lines)}";
    }

    private static ErrorCategory Category(string errorId) => errorId switch
    {
        SandboxErrorId.RootRequired or SandboxErrorId.ElevationRequired or SandboxErrorId.ElevationDeclined => ErrorCategory.PermissionDenied,
        SandboxErrorId.UnknownBackend or SandboxErrorId.SandboxNotFound or SandboxErrorId.ImageNotFound or SandboxErrorId.MountSourceNotFound
            or SandboxErrorId.CommandNotFound or SandboxErrorId.WorkingDirectoryNotFound or SandboxErrorId.UserNotFound
            or SandboxErrorId.CopyPathNotFound or SandboxErrorId.ProbeNotFound or SandboxErrorId.CheckpointNotFound or SandboxErrorId.ProcessNotFound or CmdletErrorId.ScriptNotFound or CmdletErrorId.ErrorNotOurs => ErrorCategory.ObjectNotFound,
        SandboxErrorId.BackendNotAvailable or SandboxErrorId.ProgramNotFound => ErrorCategory.NotInstalled,
        SandboxErrorId.InvalidName or SandboxErrorId.InvalidImage or SandboxErrorId.InvalidMount or SandboxErrorId.InvalidLimit
            or SandboxErrorId.MemoryTooSmall or SandboxErrorId.InvalidEnvironment or SandboxErrorId.InvalidSpecification or SandboxErrorId.InvalidSpecificationFile
            or CmdletErrorId.SandboxRequired or CmdletErrorId.SandboxAmbiguous or CmdletErrorId.CommandRequired or CmdletErrorId.DefaultRequired
            or CmdletErrorId.PathNotFileSystem or SandboxErrorId.ImageNotCompatible => ErrorCategory.InvalidArgument,
        SandboxErrorId.NameInUse or SandboxErrorId.ImageInUse or SandboxErrorId.CheckpointExists or SandboxErrorId.ReportExists or SandboxErrorId.SpecificationFileExists => ErrorCategory.ResourceExists,
        SandboxErrorId.SandboxBusy or SandboxErrorId.SandboxInstanceInUse => ErrorCategory.ResourceBusy,
        SandboxErrorId.SandboxNotRunning or SandboxErrorId.SandboxRunning or SandboxErrorId.TerminalRequired or CmdletErrorId.ModuleVersionMismatch => ErrorCategory.InvalidOperation,
        SandboxErrorId.MountNotSupported or SandboxErrorId.NotEnforceable or SandboxErrorId.CheckpointNotSupported or SandboxErrorId.BackendSetupNotSupported or SandboxErrorId.TerminalNotSupported => ErrorCategory.NotImplemented,
        SandboxErrorId.StartFailed or SandboxErrorId.CommandFailed => ErrorCategory.OpenError,
        SandboxErrorId.DiskFull or SandboxErrorId.ResourceExhausted or SandboxErrorId.ImagePullFailed => ErrorCategory.ResourceUnavailable,
        SandboxErrorId.GuestNotResponding or SandboxErrorId.CommandTimedOut or CmdletErrorId.WaitTimedOut => ErrorCategory.OperationTimeout,
        SandboxErrorId.GuestDisconnected or SandboxErrorId.EngineUnreachable => ErrorCategory.ConnectionError,
        SandboxErrorId.EngineFailed or SandboxErrorId.WslFailed or SandboxErrorId.BackendSetupFailed => ErrorCategory.InvalidResult,
        SandboxErrorId.ProtocolViolation => ErrorCategory.ProtocolError,
        SandboxErrorId.CommandNotExecutable => ErrorCategory.PermissionDenied,
        SandboxErrorId.ArgumentListTooLong or CmdletErrorId.InputTooLarge => ErrorCategory.LimitsExceeded,
        SandboxErrorId.CopyRefused or SandboxErrorId.IsolationInsufficient or SandboxErrorId.DefaultsFailed => ErrorCategory.SecurityError,
        SandboxErrorId.CopyFailed or SandboxErrorId.StateFailed or SandboxErrorId.CleanupFailed or SandboxErrorId.ReportFailed or SandboxErrorId.SpecificationFileFailed
            or SandboxErrorId.CheckpointFailed => ErrorCategory.WriteError,
        _ => ErrorCategory.NotSpecified,
    };
}
