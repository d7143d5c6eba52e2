using AgentSandbox.Guest.Native;
using AgentSandbox.Guest.Serve.ProcessTree;
using AgentSandbox.Guest.Serve.Users;
using AgentSandbox.Protocol;

namespace AgentSandbox.Guest.Serve.Spawn;

/// <summary>A process that was started; whether it became the command shows in <see cref="StatusPipe"/>.</summary>
/// <param name="Tree">Its identity.</param>
/// <param name="StatusPipe">End of file when execve(2) succeeded, else a <see cref="ChildFailure"/>.</param>
/// <param name="StandardInput">Write end, or -1 when the command reads nothing.</param>
/// <param name="StandardOutput">Read end.</param>
/// <param name="StandardError">Read end; -1 with a terminal, where all output is one stream.</param>
/// <param name="Terminal">The terminal in place of the three pipes, or null.</param>
/// <param name="Programs">The paths that are tried, for messages.</param>
internal sealed record StartedProcess(
    CommandTree Tree, int StatusPipe, int StandardInput, int StandardOutput, int StandardError, CommandTerminal? Terminal, IReadOnlyList<string> Programs);

/// <summary>Starts commands: resolves what the OPEN message asks for, lays it out for the child, and forks.</summary>
/// <param name="marker">Marks each.</param>
/// <param name="dropCapabilities">Start them with empty capability sets.</param>
/// <param name="selfExecutable">The guest's executable, or -1.</param>
/// <param name="emptyInput">What a command without standard input reads.</param>
/// <param name="openFiles">RLIMIT_NOFILE for commands.</param>
/// <param name="nestsUserNamespaces">
/// Commands may make user namespaces. Root can map itself in one only with CAP_SETFCAP (user_namespaces(7)), so where this guest has that, in a user
/// namespace that is the sandbox's own, root's commands keep it.
/// </param>
internal sealed unsafe class ProcessStarter(TreeMarker marker, bool dropCapabilities, int selfExecutable, int emptyInput, ResourceLimit openFiles, bool nestsUserNamespaces = false)
{
    private readonly bool _mayChangeUser = OwnRights.MayChangeUser();
    private readonly uint _rootKeeps = nestsUserNamespaces && OwnRights.Has(Os.CAP_SETFCAP) ? 1u << Os.CAP_SETFCAP : 0;

    /// <summary>Forks the command.</summary>
    /// <exception cref="CommandRefusedException">It can't be started, for the reason that the exception carries to the host.</exception>
    public StartedProcess Start(OpenMessage open)
    {
        open = OpenValidation.Check(open);
        if (open.Self && selfExecutable < 0)
        {
            throw new CommandRefusedException(FailKind.Internal, 0, "self", "The guest's executable could not be opened.");
        }

        Account account = UserResolver.Resolve(open.User, _mayChangeUser);
        List<string> variables = CommandEnvironment.Build(open.Environment, account, open.Terminal is not null, out string path);
        IReadOnlyList<string> programs = open.Self ? [] : open.LoginShell ? ProgramSearch.Shells(account.Shell) : ProgramSearch.Candidates(open.Arguments[0], path);
        IReadOnlyList<string> arguments = open.Self ? ["agentsandbox-guest", .. open.Arguments] : open.Arguments;

        using var nativePrograms = new NativeStringArray(programs);
        using var nativeArguments = new NativeStringArray(arguments, freeSlots: 1);
        using var nativeVariables = new NativeStringArray(variables);
        using var nativeFolder = new NativeStringArray([open.WorkingDirectory ?? open.Environment.GetValueOrDefault("HOME") ?? account.Home]);
        fixed (uint* groups = account.Groups)
        {
            var plan = new ChildPlan
            {
                SelfExecutable = open.Self ? selfExecutable : -1,
                Programs = nativePrograms.Pointers,
                Arguments = nativeArguments.Pointers,
                Environment = nativeVariables.Pointers,
                WorkingDirectory = nativeFolder.Pointers[0],
                WorkingDirectoryIsOptional = open.WorkingDirectory is null,
                ChangeUser = _mayChangeUser,
                UserId = account.UserId,
                GroupId = account.GroupId,
                Groups = groups,
                GroupCount = account.Groups.Length,
                DropCapabilities = dropCapabilities,
                KeptCapability = account.UserId == 0 ? _rootKeeps : 0,
                Marker = marker.Next(),
                MarkerResource = marker.Resource,
                OpenFiles = openFiles,
                HasTerminal = open.Terminal is not null,
                NameIsPath = open.LoginShell,
            };
            return open.Terminal is null ? Fork(&plan, open.StandardInput, programs) : ForkWithTerminal(&plan, open.Terminal, programs);
        }
    }

    private static StartedProcess ForkWithTerminal(ChildPlan* plan, TerminalMessage size, IReadOnlyList<string> programs)
    {
        int* status = stackalloc int[2] { -1, -1 };
        int input = -1;
        int output = -1;
        CommandTerminal? terminal = null;
        int pid = -1;
        try
        {
            terminal = CommandTerminal.Open(size, plan->UserId);
            input = terminal.Duplicate();
            output = terminal.Duplicate();
            if (input < 0 || output < 0 || Libc.Pipe2(status, Os.O_CLOEXEC) != 0)
            {
                throw new CommandRefusedException(FailKind.ResourceExhausted, Libc.Errno, "pipe2", "");
            }

            plan->StatusPipe = status[1];
            plan->StandardInput = plan->StandardOutput = plan->StandardError = terminal.Slave;
            pid = Libc.Fork();
            if (pid == 0)
            {
                Child.Become(plan);
            }

            if (pid < 0)
            {
                throw new CommandRefusedException(FailKind.ResourceExhausted, Libc.Errno, "fork", "");
            }

            PipeSetup.Prepare(status[0]);
            return new StartedProcess(new CommandTree(pid, plan->Marker), status[0], input, output, -1, terminal, programs);
        }
        finally
        {
            FileDescriptor.Close(ref status[1]);
            if (pid < 0)
            {
                FileDescriptor.Close(ref status[0]);
                FileDescriptor.Close(ref input);
                FileDescriptor.Close(ref output);
                terminal?.Close();
            }
        }
    }

    private StartedProcess Fork(ChildPlan* plan, bool hasInput, IReadOnlyList<string> programs)
    {
        const int Pipes = 4;
        int* ends = stackalloc int[2 * Pipes]; // Status, output, error, input: read end, write end of each.
        new Span<int>(ends, 2 * Pipes).Fill(-1);
        int pid = -1;
        try
        {
            for (int i = 0; i < (hasInput ? Pipes : Pipes - 1); i++)
            {
                if (Libc.Pipe2(ends + (2 * i), Os.O_CLOEXEC) != 0)
                {
                    throw new CommandRefusedException(FailKind.ResourceExhausted, Libc.Errno, "pipe2", "");
                }
            }

            plan->StatusPipe = ends[1];
            plan->StandardOutput = ends[3];
            plan->StandardError = ends[5];
            plan->StandardInput = hasInput ? ends[6] : emptyInput;
            pid = Libc.Fork();
            if (pid == 0)
            {
                Child.Become(plan);
            }

            if (pid < 0)
            {
                throw new CommandRefusedException(FailKind.ResourceExhausted, Libc.Errno, "fork", "");
            }

            PipeSetup.Prepare(ends[0]);
            PipeSetup.PrepareLarge(ends[2]);
            PipeSetup.PrepareLarge(ends[4]);
            PipeSetup.PrepareLarge(ends[7]);
            return new StartedProcess(new CommandTree(pid, plan->Marker), ends[0], ends[7], ends[2], ends[4], null, programs);
        }
        finally
        {
            FileDescriptor.Close(ref ends[1]);
            FileDescriptor.Close(ref ends[3]);
            FileDescriptor.Close(ref ends[5]);
            FileDescriptor.Close(ref ends[6]);
            if (pid < 0)
            {
                FileDescriptor.Close(ref ends[0]);
                FileDescriptor.Close(ref ends[2]);
                FileDescriptor.Close(ref ends[4]);
                FileDescriptor.Close(ref ends[7]);
            }
        }
    }
}
