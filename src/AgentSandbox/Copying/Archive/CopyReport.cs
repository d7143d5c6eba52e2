namespace AgentSandbox.Copying.Archive;

/// <summary>How the copy verbs of the guest program end.</summary>
internal static class CopyExitCode
{
    /// <summary>Done; what was left out is in the notes.</summary>
    public const int Done = 0;

    /// <summary>Failed.</summary>
    public const int Failed = 1;

    /// <summary>The path, or the folder that it would be in, does not exist.</summary>
    public const int NotFound = 3;

    /// <summary>The copy is refused.</summary>
    public const int Refused = 4;

    /// <summary>The sandbox has no space left.</summary>
    public const int DiskFull = 5;
}

/// <summary>Starts of the lines that the copy verbs write on standard error.</summary>
internal static class CopyReport
{
    /// <summary>Something was left out.</summary>
    public const string Note = "note: ";

    /// <summary>Why the copy ended early.</summary>
    public const string Error = "error: ";
}
