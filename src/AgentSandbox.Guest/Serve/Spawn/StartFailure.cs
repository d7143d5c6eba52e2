using AgentSandbox.Guest.Native;
using AgentSandbox.Protocol;

namespace AgentSandbox.Guest.Serve.Spawn;

/// <summary>Says in the protocol's words what a child reported.</summary>
internal static class StartFailure
{
    /// <summary>Translates the report.</summary>
    /// <param name="failure">What the child wrote.</param>
    /// <param name="open">What was asked for.</param>
    /// <param name="programs">The paths that were tried.</param>
    public static FailMessage Translate(in ChildFailure failure, OpenMessage open, IReadOnlyList<string> programs)
    {
        int errno = failure.Errno;
        (string kind, string stage, string detail) = failure.Stage switch
        {
            ChildStage.Execute => (OfExecute(errno, programs), "execve", failure.Program < programs.Count && programs.Count == 1 ? programs[0] : open.Arguments[0]),
            ChildStage.Interpreter => (FailKind.NotExecutable, "interpreter", programs[failure.Program]),
            ChildStage.WorkingDirectory => (FailKind.WorkingDirectory, "chdir", open.WorkingDirectory ?? "/"),
            ChildStage.Groups => (OfUser(errno), "setgroups", open.User ?? ""),
            ChildStage.Group => (OfUser(errno), "setresgid", open.User ?? ""),
            ChildStage.User => (OfUser(errno), "setresuid", open.User ?? ""),
            ChildStage.Capabilities => (FailKind.Internal, "capabilities", ""),
            ChildStage.Limits => (FailKind.Internal, "setrlimit", ""),
            ChildStage.Session => (FailKind.Internal, "setsid", ""),
            ChildStage.Terminal => (FailKind.Terminal, "TIOCSCTTY", ""),
            _ => (FailKind.Internal, "dup2", ""),
        };
        return new FailMessage { Kind = kind, Errno = errno, Stage = stage, Detail = detail.Length > 4096 ? detail[..4096] : detail };
    }

    private static string OfExecute(int errno, IReadOnlyList<string> programs) => errno switch
    {
        // gVisor's answer to a list that is too long; it can't be the name's fault when every name is short.
        Errno.ENAMETOOLONG when programs.All(static p => p.Length < 200) => FailKind.ArgumentListTooLong,
        Errno.ENOENT or Errno.ENOTDIR => FailKind.CommandNotFound,
        Errno.E2BIG => FailKind.ArgumentListTooLong,
        Errno.EAGAIN or Errno.ENOMEM or Errno.EMFILE or Errno.ENFILE => FailKind.ResourceExhausted,
        _ => FailKind.NotExecutable,
    };

    private static string OfUser(int errno) => errno is Errno.EAGAIN or Errno.ENOMEM ? FailKind.ResourceExhausted : FailKind.User;
}
