using System.Runtime.InteropServices;
using AgentSandbox.Protocol;

namespace AgentSandbox.Connection;

/// <summary>The errors of the guest channel, each worded in one place.</summary>
internal static class GuestErrors
{
    private const string Restart = "Stop and start the sandbox, or remove it.";

    /// <summary>The guest sent what the protocol does not allow.</summary>
    /// <param name="cause">Whose message has no bytes from the wire in it.</param>
    /// <returns>The error.</returns>
    public static SandboxException Violation(ProtocolViolationException cause) => new(
        SandboxErrorId.ProtocolViolation,
        $"The program inside the sandbox broke the protocol, so its connection was closed: {cause.Message}",
        "Code in the sandbox may have taken over or replaced that program. Don't trust the sandbox any more; remove it.",
        innerException: cause);

    /// <summary>The connection ended.</summary>
    /// <param name="how">In what way.</param>
    /// <param name="cause">The error of the stream, if there was one.</param>
    /// <returns>The error.</returns>
    public static SandboxException Disconnected(string how, Exception? cause = null) => new(
        SandboxErrorId.GuestDisconnected,
        $"The connection to the sandbox broke: {how}",
        "See with Get-AgentSandbox whether the sandbox still runs; it may have been stopped, or have run out of memory. " + Restart,
        innerException: cause);

    /// <summary>A deadline passed.</summary>
    /// <param name="what">What the guest did not do.</param>
    /// <returns>The error.</returns>
    public static SandboxException NotResponding(string what) => new(
        SandboxErrorId.GuestNotResponding,
        $"The program inside the sandbox does not respond: {what}",
        "The sandbox may be out of CPU time or memory, or frozen. " + Restart);

    /// <summary>The guest ended the connection and said why.</summary>
    /// <param name="message">The guest's words.</param>
    /// <returns>The error.</returns>
    public static SandboxException FromError(FailMessage message) => message.Kind switch
    {
        FailKind.Busy => new(
            SandboxErrorId.ResourceExhausted,
            $"The sandbox takes no more connections{Because(message)}.",
            "Close another PowerShell or agentsandbox process that uses the sandbox, or wait for its commands."),
        FailKind.Protocol => new(
            SandboxErrorId.ProtocolViolation,
            $"The program inside the sandbox refused what it was sent and closed the connection{Because(message)}.",
            "The sandbox may have been made by another version of this product. Remove it and make it anew."),
        _ => Disconnected($"the program inside the sandbox closed it{Because(message)}."),
    };

    /// <summary>The guest could not start a command.</summary>
    /// <param name="message">The guest's words.</param>
    /// <param name="command">The command.</param>
    /// <returns>The error.</returns>
    public static SandboxException FromFail(FailMessage message, CommandSpecification command)
    {
        string program = GuestText.Clean(command.Arguments[0]);
        string because = Because(message);
        return message.Kind switch
        {
            FailKind.CommandNotFound => new(
                SandboxErrorId.CommandNotFound,
                $"There is no command '{program}' in the sandbox{because}.",
                "Check its spelling and the sandbox's PATH, or use an image that has it.",
                program),
            FailKind.NotExecutable => new(
                SandboxErrorId.CommandNotExecutable,
                $"'{program}' can't be executed in the sandbox{because}.",
                "Check that it is a program for this machine, that the user may execute it, and that its interpreter exists.",
                program),
            FailKind.ArgumentListTooLong => ArgumentListTooLong(program, because),
            FailKind.WorkingDirectory => new(
                SandboxErrorId.WorkingDirectoryNotFound,
                $"The folder '{GuestText.Clean(command.WorkingDirectory)}' can't be entered in the sandbox{because}.",
                "Name a folder that exists in the sandbox and that the user may enter.",
                command.WorkingDirectory),
            FailKind.User => new(
                SandboxErrorId.UserNotFound,
                $"The user '{GuestText.Clean(command.User)}' is unknown in the sandbox or can't be taken on{because}.",
                "Name a user of the sandbox's own /etc/passwd, or a number.",
                command.User),
            FailKind.Terminal => new(
                SandboxErrorId.TerminalNotSupported,
                $"The sandbox has no pseudo-terminals{because}.",
                "One that an older version started gets them by Stop-AgentSandbox and Start-AgentSandbox; otherwise run the command without a terminal.",
                program),
            FailKind.ResourceExhausted or FailKind.Busy => new(
                SandboxErrorId.ResourceExhausted,
                $"The sandbox has no room for another command{because}.",
                "End other commands in it, or make the sandbox with a higher process or memory limit.",
                program),
            _ => new(
                SandboxErrorId.CommandFailed,
                $"'{program}' could not be started in the sandbox{because}.",
                "See the reason in the message. " + Restart,
                program),
        };
    }

    /// <summary>The guest gives no command a terminal.</summary>
    /// <returns>The error.</returns>
    public static SandboxException NoTerminals() => new(
        SandboxErrorId.TerminalNotSupported,
        "The program inside the sandbox is of a version that knows no terminals.",
        "Stop the sandbox and start it again (Stop-AgentSandbox, Start-AgentSandbox), which puts this version's program into it.");

    /// <summary>The arguments and environment are larger than a program can be given.</summary>
    /// <param name="program">The program.</param>
    /// <param name="because">The reason in parentheses, or nothing.</param>
    /// <returns>The error.</returns>
    public static SandboxException ArgumentListTooLong(string program, string because = "") => new(
        SandboxErrorId.ArgumentListTooLong,
        $"The arguments and environment of '{program}' are too large to start it{because}.",
        "Pass the data through standard input or a file: Linux takes 2 MiB in all, and 128 KiB in one argument.",
        program);

    /// <summary>A new instance of an error: one exception object must not be thrown by several threads.</summary>
    /// <param name="error">The first instance.</param>
    /// <returns>The same with the first instance as its cause.</returns>
    public static SandboxException Again(SandboxException error) => new(error.ErrorId, error.Message, error.RecommendedAction, error.Target, error);

    private static string Because(FailMessage message)
    {
        string[] parts =
        [
            GuestText.Clean(message.Stage),
            message.Errno == 0 ? "" : ErrnoText(message.Errno),
            GuestText.Clean(message.Detail),
        ];
        string text = string.Join(": ", parts.Where(p => p.Length > 0));
        return text.Length == 0 ? "" : $" ({GuestText.Clean(text)})";
    }

    // The numbers are Linux's; only there does the host's own table have the right words.
    private static string ErrnoText(int errno) => OperatingSystem.IsLinux() ? Marshal.GetPInvokeErrorMessage(errno) : $"errno {errno}";
}
