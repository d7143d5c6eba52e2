using AgentSandbox.Copying.Archive;
using AgentSandbox.Copying.Files;

namespace AgentSandbox.Copying;

/// <summary>Turns what went wrong in a copy into what a person needs.</summary>
internal static class CopyErrors
{
    /// <summary>A copy verb of the guest did not succeed.</summary>
    /// <param name="exit">How it ended.</param>
    /// <param name="report">What it said.</param>
    /// <param name="sandboxPath">The path in the sandbox.</param>
    /// <returns>The error, to throw.</returns>
    public static SandboxException FromGuest(CommandExit exit, GuestReport report, string sandboxPath)
    {
        string said = report.Error ?? (exit.Signal is int signal ? $"The copy in the sandbox was ended by signal {signal}." : $"The copy in the sandbox ended with code {exit.ExitCode}.");
        return exit.ExitCode switch
        {
            CopyExitCode.NotFound => new SandboxException(SandboxErrorId.CopyPathNotFound, $"'{sandboxPath}' does not exist in the sandbox, or is not in an existing folder. {said}", "Check the path. The folder that a copy goes into must exist.", sandboxPath),
            CopyExitCode.Refused => new SandboxException(SandboxErrorId.CopyRefused, said, "Remove what is in the way, or choose another destination.", sandboxPath),
            CopyExitCode.DiskFull => new SandboxException(SandboxErrorId.CopyFailed, $"The sandbox has no space left. {said}", "Delete files in the sandbox, or make one with a higher disk limit.", sandboxPath),
            _ => new SandboxException(SandboxErrorId.CopyFailed, $"The copy of '{sandboxPath}' failed. {said}", "Check that the sandbox's user may read or write the path; -User root copies with root's rights in the sandbox.", sandboxPath),
        };
    }

    /// <summary>The archive of a sandbox was not accepted.</summary>
    /// <param name="error">Why.</param>
    /// <param name="path">The path that it is about.</param>
    /// <returns>The error, to throw.</returns>
    public static SandboxException From(ArchiveException error, string path) => error.Fault != ArchiveFault.Damaged
        ? new SandboxException(SandboxErrorId.CopyRefused, $"The copy of '{path}' was refused. {error.Message}", "Copy less at once, or leave out what is named. If the path is a symbolic link, give the path that it points to.", path, error)
        : new SandboxException(SandboxErrorId.CopyFailed, $"The copy of '{path}' broke off. {error.Message}", "Check that the sandbox still runs, then copy again.", path, error);

    /// <summary>A file of the host could not be read or written.</summary>
    /// <param name="error">Why.</param>
    /// <param name="path">The path that it is about.</param>
    /// <returns>The error, to throw.</returns>
    public static SandboxException From(NativeIOException error, string path) => error switch
    {
        { IsDiskFull: true } => new SandboxException(SandboxErrorId.DiskFull, $"The disk is full. {error.Message}", "Free space, then copy again.", path, error),
        { Errno: Errno.NoEntry or Errno.NotFolder } => new SandboxException(SandboxErrorId.CopyPathNotFound, $"'{path}' does not exist, or is not in an existing folder. {error.Message}", "Check the path. The folder that a copy goes into must exist.", path, error),
        { Errno: Errno.Loop } => new SandboxException(SandboxErrorId.CopyRefused, $"'{path}' is a symbolic link; on the host the last part of a path is never followed.", "Give the path that the link points to.", path, error),
        _ => new SandboxException(SandboxErrorId.CopyFailed, $"The copy of '{path}' failed. {error.Message}", "Check the permissions of the path.", path, error),
    };
}
