using AgentSandbox.Guest.Native;

namespace AgentSandbox.Guest.Serve.Spawn;

/// <summary>All that the child needs between fork and execve, prepared by the parent so that the child allocates nothing.</summary>
internal unsafe struct ChildPlan
{
    /// <summary>Descriptors that become 0, 1 and 2.</summary>
    public int StandardInput;
    public int StandardOutput;
    public int StandardError;

    /// <summary>0, 1 and 2 are a terminal, which becomes the controlling one of the command's session.</summary>
    public bool HasTerminal;

    /// <summary>The path that is executed is also the first argument: which one it is shows only then.</summary>
    public bool NameIsPath;

    /// <summary>Closes on execve; a failure before that is written to it as <see cref="ChildFailure"/>.</summary>
    public int StatusPipe;

    /// <summary>The guest's executable when the command is one of its verbs, else -1.</summary>
    public int SelfExecutable;

    /// <summary>Paths to try, in order, ending with NULL.</summary>
    public byte** Programs;

    /// <summary>One free slot, then the arguments: the slot is for the shell that runs a script without <c>#!</c>.</summary>
    public byte** Arguments;
    public byte** Environment;
    public byte* WorkingDirectory;

    /// <summary>The folder is only a default: take <c>/</c> when it can't be entered.</summary>
    public bool WorkingDirectoryIsOptional;

    /// <summary>The guest may become any user and takes this one on; otherwise it already is that user.</summary>
    public bool ChangeUser;
    public uint UserId;
    public uint GroupId;
    public uint* Groups;
    public nint GroupCount;
    public bool DropCapabilities;

    /// <summary>The one capability that is kept nevertheless, as a bit of the lower 32; 0 for none. See <see cref="ProcessStarter"/>.</summary>
    public uint KeptCapability;

    /// <summary>The hard limit that all processes of this command inherit, see <see cref="ProcessTree.TreeMarker"/>; 0 for none.</summary>
    public ulong Marker;
    public int MarkerResource;

    /// <summary>RLIMIT_NOFILE before the guest raised its own.</summary>
    public ResourceLimit OpenFiles;
}

/// <summary>What a child that could not become the command writes into its status pipe.</summary>
internal struct ChildFailure
{
    public ChildStage Stage;
    public int Errno;

    /// <summary>Index of the path in <see cref="ChildPlan.Programs"/> that the error is about.</summary>
    public int Program;
}

/// <summary>How far a child came.</summary>
internal enum ChildStage
{
    Descriptors = 1,
    Session,
    Terminal,
    Limits,
    Capabilities,
    Groups,
    Group,
    User,
    WorkingDirectory,
    Execute,

    /// <summary>The program exists, but the interpreter in its first line, or its loader, does not.</summary>
    Interpreter,
}
