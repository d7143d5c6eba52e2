namespace AgentSandbox.PowerShell.Errors;

/// <summary>Ids of the errors that only the cmdlets raise; the library's are in <see cref="SandboxErrorId"/>.</summary>
public static class CmdletErrorId
{
    /// <summary>No sandbox was named, and nothing says what a throw-away one should be.</summary>
    public const string SandboxRequired = nameof(SandboxRequired);

    /// <summary>Both a sandbox and what a throw-away one should be were given.</summary>
    public const string SandboxAmbiguous = nameof(SandboxAmbiguous);

    /// <summary>No command was given.</summary>
    public const string CommandRequired = nameof(CommandRequired);

    /// <summary>Nothing was given that could become a default.</summary>
    public const string DefaultRequired = nameof(DefaultRequired);

    /// <summary>The script does not exist or is no file.</summary>
    public const string ScriptNotFound = nameof(ScriptNotFound);

    /// <summary>A path is on a PowerShell drive that is no file system.</summary>
    public const string PathNotFileSystem = nameof(PathNotFileSystem);

    /// <summary>A line that a command wrote on its standard error.</summary>
    public const string NativeCommandError = nameof(NativeCommandError);

    /// <summary>A command ended with another exit code than 0 and <c>$PSNativeCommandUseErrorActionPreference</c> is set.</summary>
    public const string ProgramExitedWithNonZeroCode = nameof(ProgramExitedWithNonZeroCode);

    /// <summary>The input for several sandboxes is larger than may be held in memory.</summary>
    public const string InputTooLarge = nameof(InputTooLarge);

    /// <summary>What was waited for did not come in the time that was given.</summary>
    public const string WaitTimedOut = nameof(WaitTimedOut);

    /// <summary>What is asked about is no error of this module.</summary>
    public const string ErrorNotOurs = nameof(ErrorNotOurs);

    /// <summary>Another version of the module was loaded by this process before, and its code would run instead of the imported one's.</summary>
    public const string ModuleVersionMismatch = nameof(ModuleVersionMismatch);
}
