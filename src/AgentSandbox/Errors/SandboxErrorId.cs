namespace AgentSandbox;

/// <summary>Ids of every error that this product raises itself. They are part of the interface: documented in docs/errors.md, never renamed.</summary>
public static class SandboxErrorId
{
    /// <summary>The backend needs root and this process is not root.</summary>
    public const string RootRequired = nameof(RootRequired);

    /// <summary>No backend of that name exists.</summary>
    public const string UnknownBackend = nameof(UnknownBackend);

    /// <summary>The backend can't run here: a program or a kernel feature is missing.</summary>
    public const string BackendNotAvailable = nameof(BackendNotAvailable);

    /// <summary>The name breaks the rules for names.</summary>
    public const string InvalidName = nameof(InvalidName);

    /// <summary>Another sandbox has the name.</summary>
    public const string NameInUse = nameof(NameInUse);

    /// <summary>No sandbox has that name or id.</summary>
    public const string SandboxNotFound = nameof(SandboxNotFound);

    /// <summary>The sandbox is not running.</summary>
    public const string SandboxNotRunning = nameof(SandboxNotRunning);

    /// <summary>The sandbox is being created, started or removed by another process.</summary>
    public const string SandboxBusy = nameof(SandboxBusy);

    /// <summary>No image of that name exists.</summary>
    public const string ImageNotFound = nameof(ImageNotFound);

    /// <summary>An image of that name exists already.</summary>
    public const string ImageInUse = nameof(ImageInUse);

    /// <summary>The source of an image can't be used as a root file system.</summary>
    public const string InvalidImage = nameof(InvalidImage);

    /// <summary>An image could not be built.</summary>
    public const string ImageBuildFailed = nameof(ImageBuildFailed);

    /// <summary>A mount can't be read as <c>source[:target][:ro|rw]</c>, or its target is not allowed.</summary>
    public const string InvalidMount = nameof(InvalidMount);

    /// <summary>The source of a mount does not exist.</summary>
    public const string MountSourceNotFound = nameof(MountSourceNotFound);

    /// <summary>The file system of a mount's source can't be mounted safely.</summary>
    public const string MountNotSupported = nameof(MountNotSupported);

    /// <summary>The memory limit is below what a sandbox needs.</summary>
    public const string MemoryTooSmall = nameof(MemoryTooSmall);

    /// <summary>A limit can't be parsed or is out of range.</summary>
    public const string InvalidLimit = nameof(InvalidLimit);

    /// <summary>An environment variable's name or value is not allowed.</summary>
    public const string InvalidEnvironment = nameof(InvalidEnvironment);

    /// <summary>Another value of the specification is not allowed.</summary>
    public const string InvalidSpecification = nameof(InvalidSpecification);

    /// <summary>The backend can't enforce what was asked for, so nothing was started.</summary>
    public const string NotEnforceable = nameof(NotEnforceable);

    /// <summary>A sandbox could not be started.</summary>
    public const string StartFailed = nameof(StartFailed);

    /// <summary>The machine's disk is full, or too full for a sandbox.</summary>
    public const string DiskFull = nameof(DiskFull);

    /// <summary>The guest program did not answer in time.</summary>
    public const string GuestNotResponding = nameof(GuestNotResponding);

    /// <summary>The connection to the guest broke, for example because the sandbox was stopped or its guest was killed.</summary>
    public const string GuestDisconnected = nameof(GuestDisconnected);

    /// <summary>The guest sent what the protocol does not allow; the connection was closed.</summary>
    public const string ProtocolViolation = nameof(ProtocolViolation);

    /// <summary>The command does not exist in the sandbox.</summary>
    public const string CommandNotFound = nameof(CommandNotFound);

    /// <summary>The command exists in the sandbox but can't be executed.</summary>
    public const string CommandNotExecutable = nameof(CommandNotExecutable);

    /// <summary>The kernel refused the size of the arguments and environment.</summary>
    public const string ArgumentListTooLong = nameof(ArgumentListTooLong);

    /// <summary>The working directory can't be entered in the sandbox.</summary>
    public const string WorkingDirectoryNotFound = nameof(WorkingDirectoryNotFound);

    /// <summary>The user is unknown in the sandbox or can't be taken on.</summary>
    public const string UserNotFound = nameof(UserNotFound);

    /// <summary>The sandbox is at its process or memory limit, so no command could be started.</summary>
    public const string ResourceExhausted = nameof(ResourceExhausted);

    /// <summary>The command ran into its time-out and was ended.</summary>
    public const string CommandTimedOut = nameof(CommandTimedOut);

    /// <summary>The command could not be started for another reason.</summary>
    public const string CommandFailed = nameof(CommandFailed);

    /// <summary>A terminal of the caller's own is needed, and standard input or output is none.</summary>
    public const string TerminalRequired = nameof(TerminalRequired);

    /// <summary>The sandbox, or the backend that made it, can't give a command a terminal.</summary>
    public const string TerminalNotSupported = nameof(TerminalNotSupported);

    /// <summary>A path to copy does not exist, or the copy has no sandbox side.</summary>
    public const string CopyPathNotFound = nameof(CopyPathNotFound);

    /// <summary>The copy is refused: hostile archive, too large, or a link would leave the destination.</summary>
    public const string CopyRefused = nameof(CopyRefused);

    /// <summary>The copy failed on the way.</summary>
    public const string CopyFailed = nameof(CopyFailed);

    /// <summary>What a sandbox left could not be cleaned up.</summary>
    public const string CleanupFailed = nameof(CleanupFailed);

    /// <summary>A file of the state folder can't be read or written.</summary>
    public const string StateFailed = nameof(StateFailed);

    /// <summary>No isolation probe has that id.</summary>
    public const string ProbeNotFound = nameof(ProbeNotFound);

    /// <summary>Isolation could not be tested: what the test plants on the host or starts in the sandbox did not work.</summary>
    public const string ProbeFailed = nameof(ProbeFailed);

    /// <summary>What was measured of a sandbox's isolation is less than what was required.</summary>
    public const string IsolationInsufficient = nameof(IsolationInsufficient);

    /// <summary>A specification file can't be read, or has in it what no specification has.</summary>
    public const string InvalidSpecificationFile = nameof(InvalidSpecificationFile);

    /// <summary>A specification would replace a file that exists.</summary>
    public const string SpecificationFileExists = nameof(SpecificationFileExists);

    /// <summary>A specification can't be written to a file.</summary>
    public const string SpecificationFileFailed = nameof(SpecificationFileFailed);

    /// <summary>The file of a user's defaults can't be trusted, read or written.</summary>
    public const string DefaultsFailed = nameof(DefaultsFailed);

    /// <summary>A report would replace a file that exists.</summary>
    public const string ReportExists = nameof(ReportExists);

    /// <summary>A report can't be made or written.</summary>
    public const string ReportFailed = nameof(ReportFailed);

    /// <summary>A program that belongs to this product is missing or damaged.</summary>
    public const string ProgramNotFound = nameof(ProgramNotFound);

    /// <summary>The container engine does not answer: it is not running, its address is wrong, or this user may not connect to it.</summary>
    public const string EngineUnreachable = nameof(EngineUnreachable);

    /// <summary>The container engine refused or failed at what it was asked for.</summary>
    public const string EngineFailed = nameof(EngineFailed);

    /// <summary>The container engine could not pull an image, or pulling was not allowed.</summary>
    public const string ImagePullFailed = nameof(ImagePullFailed);

    /// <summary>The image is for another operating system, architecture or Windows version than the engine runs.</summary>
    public const string ImageNotCompatible = nameof(ImageNotCompatible);

    /// <summary>A feature of Windows can be switched on by an administrator only, and this process is none.</summary>
    public const string ElevationRequired = nameof(ElevationRequired);

    /// <summary>Somebody answered Windows' question for an administrator's rights with no.</summary>
    public const string ElevationDeclined = nameof(ElevationDeclined);

    /// <summary>A backend could not be enabled or installed.</summary>
    public const string BackendSetupFailed = nameof(BackendSetupFailed);

    /// <summary>The backend is not one that this product enables or installs.</summary>
    public const string BackendSetupNotSupported = nameof(BackendSetupNotSupported);

    /// <summary>Windows Sandbox runs one instance at a time, and there is one.</summary>
    public const string SandboxInstanceInUse = nameof(SandboxInstanceInUse);

    /// <summary>WSL itself failed at what it was asked for.</summary>
    public const string WslFailed = nameof(WslFailed);
}
