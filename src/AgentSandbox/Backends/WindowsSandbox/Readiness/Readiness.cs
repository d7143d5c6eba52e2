namespace AgentSandbox.Backends.WindowsSandbox.Readiness;

/// <summary>How far a machine is from running Windows Sandbox, and what the next step is.</summary>
/// <param name="Step">Where it stands.</param>
/// <param name="Way">How an instance is started; null when it can't be.</param>
/// <param name="Version">What is there, for people.</param>
/// <param name="Reason">What is missing, in a sentence; null when nothing is.</param>
/// <param name="Action">The command or step that adds it; null when nothing is missing.</param>
internal sealed record Readiness(ReadinessStep Step, StartWay? Way, string? Version, string? Reason, string? Action)
{
    /// <summary>Sandboxes can be made.</summary>
    public bool IsReady => Step == ReadinessStep.Ready;

    /// <summary>It is certain that nothing of Windows Sandbox runs: what is not there can't.</summary>
    public bool NothingCanRun => Step is ReadinessStep.NeedsWindows or ReadinessStep.EditionHasNone or ReadinessStep.WindowsTooOld or ReadinessStep.FeatureOff;
}

/// <summary>The steps to a ready Windows Sandbox, in their order.</summary>
internal enum ReadinessStep
{
    /// <summary>Nothing is missing.</summary>
    Ready = 0,

    /// <summary>Not Windows.</summary>
    NeedsWindows = 1,

    /// <summary>An edition without the feature.</summary>
    EditionHasNone = 2,

    /// <summary>Older than configuration files are.</summary>
    WindowsTooOld = 3,

    /// <summary>The feature is not enabled.</summary>
    FeatureOff = 4,

    /// <summary>The feature is on; its client, which comes from the Store, is not there.</summary>
    ClientMissing = 5,

    /// <summary>The client is there and does not answer.</summary>
    ClientNotAnswering = 6,

    /// <summary>The program that the environment names can't be used.</summary>
    NamedProgramWrong = 7,
}

/// <summary>How an instance is started.</summary>
internal enum StartWay
{
    /// <summary><c>wsb.exe</c>, Windows 11 24H2 and later.</summary>
    CommandLine = 0,

    /// <summary><c>WindowsSandbox.exe file.wsb</c>, before.</summary>
    ConfigurationFile = 1,
}
