namespace AgentSandbox.Backends.WindowsSandbox.Readiness;

/// <summary>What was observed of Windows Sandbox on this machine, without elevation and without changing anything. Nothing in it is concluded.</summary>
internal sealed record HostFacts
{
    /// <summary>This is Windows.</summary>
    public required bool IsWindows { get; init; }

    /// <summary>Build of Windows, such as 26100; 0 elsewhere.</summary>
    public int Build { get; init; }

    /// <summary>It is a Home edition; null when that could not be told.</summary>
    public bool? IsHome { get; init; }

    /// <summary>First signal: the program that the feature puts into the system folder is there.</summary>
    public bool HasFeatureProgram { get; init; }

    /// <summary>Second signal, first half: what is at the place of the client's alias.</summary>
    public AliasState Alias { get; init; }

    /// <summary>Second signal, second half: the client's package is registered for this user; null when Windows would not say.</summary>
    public bool? IsPackageRegistered { get; init; }

    /// <summary>Absolute path of the <c>wsb.exe</c> that may be run; null when there is none to trust.</summary>
    public string? Program { get; init; }

    /// <summary>Third signal, the only proof: what <c>wsb.exe --version</c> did; null when there was nothing to run.</summary>
    public VersionAnswer? Version { get; init; }

    /// <summary>Another <c>wsb.exe</c> is named by <see cref="HostProbe.ProgramVariable"/>; the files' signals are taken from it.</summary>
    public bool IsNamed { get; init; }
}

/// <summary>What is at the place of an app's execution alias.</summary>
internal enum AliasState
{
    /// <summary>Nothing.</summary>
    Missing = 0,

    /// <summary>A file that is no alias: never run.</summary>
    PlainFile = 1,

    /// <summary>A reparse point, as each real alias is.</summary>
    Alias = 2,
}

/// <summary>What <c>wsb.exe --version</c> did.</summary>
/// <param name="ExitCode">Its exit code; null when it did not end in time or did not start.</param>
/// <param name="Text">What it wrote, on one line.</param>
/// <param name="TimedOut">It did not end in time.</param>
/// <param name="Failure">Why it could not be started, or null.</param>
internal sealed record VersionAnswer(int? ExitCode, string Text = "", bool TimedOut = false, string? Failure = null);
