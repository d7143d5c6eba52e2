using System.Reflection;

namespace AgentSandbox.Tests.Errors;

/// <summary>Scripts and programs compare error ids: one that is renamed or goes breaks them, and a new one has to be documented. This list is the promise.</summary>
public sealed class ErrorIdTests
{
    private static readonly string[] s_ids =
    [
        "ArgumentListTooLong",
        "BackendNotAvailable",
        "BackendSetupFailed",
        "BackendSetupNotSupported",
        "CleanupFailed",
        "CommandFailed",
        "CommandNotExecutable",
        "CommandNotFound",
        "CommandTimedOut",
        "CopyFailed",
        "CopyPathNotFound",
        "CopyRefused",
        "DefaultsFailed",
        "DiskFull",
        "ElevationDeclined",
        "ElevationRequired",
        "EngineFailed",
        "EngineUnreachable",
        "GuestDisconnected",
        "GuestNotResponding",
        "ImageBuildFailed",
        "ImageInUse",
        "ImageNotCompatible",
        "ImageNotFound",
        "ImagePullFailed",
        "InvalidEnvironment",
        "InvalidImage",
        "InvalidLimit",
        "InvalidMount",
        "InvalidName",
        "InvalidSpecification",
        "InvalidSpecificationFile",
        "IsolationInsufficient",
        "MemoryTooSmall",
        "MountNotSupported",
        "MountSourceNotFound",
        "NameInUse",
        "NotEnforceable",
        "ProbeFailed",
        "ProbeNotFound",
        "ProgramNotFound",
        "ProtocolViolation",
        "ReportExists",
        "ReportFailed",
        "ResourceExhausted",
        "RootRequired",
        "SandboxBusy",
        "SandboxInstanceInUse",
        "SandboxNotFound",
        "SandboxNotRunning",
        "SpecificationFileExists",
        "SpecificationFileFailed",
        "StartFailed",
        "StateFailed",
        "TerminalNotSupported",
        "TerminalRequired",
        "UnknownBackend",
        "UserNotFound",
        "WorkingDirectoryNotFound",
        "WslFailed",
    ];

    [Fact]
    public void The_ids_are_these_and_no_others() =>
        Assert.Equal(s_ids, typeof(SandboxErrorId).GetFields(BindingFlags.Public | BindingFlags.Static).Select(f => (string)f.GetRawConstantValue()!).Order(StringComparer.Ordinal));
}
