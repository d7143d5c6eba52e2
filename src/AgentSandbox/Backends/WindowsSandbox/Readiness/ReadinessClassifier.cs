using System.Globalization;
using AgentSandbox.Connection;

namespace AgentSandbox.Backends.WindowsSandbox.Readiness;

/// <summary>Decides from facts what is missing. Pure: what it says depends on nothing else.</summary>
internal static class ReadinessClassifier
{
    /// <summary>Name of the feature.</summary>
    public const string FeatureName = "Containers-DisposableClientVM";

    /// <summary>Switches the feature on.</summary>
    public const string EnableCommand = $"dism /Online /Enable-Feature /FeatureName:{FeatureName} /All /NoRestart";

    /// <summary>First build with <c>wsb.exe</c>, Windows 11 24H2.</summary>
    public const int CommandLineBuild = 26100;

    /// <summary>First build that reads configuration files, Windows 10 1903.</summary>
    public const int ConfigurationBuild = 18362;

    private const string StartOnce = "Start Windows Sandbox once from the Start menu (& \"$([Environment]::SystemDirectory)\\WindowsSandbox.exe\"), let it install its client from the Microsoft Store, close its window, and try again.";

    /// <summary>Classifies.</summary>
    /// <param name="facts">The facts.</param>
    /// <returns>Where the machine stands.</returns>
    public static Readiness Classify(HostFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        if (facts.IsNamed)
        {
            return Named(facts);
        }

        if (!facts.IsWindows)
        {
            return new(ReadinessStep.NeedsWindows, null, null, "It needs Windows.", "Use it on Windows 10 or 11 Pro, Enterprise or Education.");
        }

        // The only proof, so it comes first: a client that answers is not argued away by the other signals.
        if (Answered(facts.Version))
        {
            return new(ReadinessStep.Ready, StartWay.CommandLine, $"wsb {GuestText.Clean(facts.Version!.Text)}", null, null);
        }

        string windows = string.Create(CultureInfo.InvariantCulture, $"Windows build {facts.Build}");
        if (facts.IsHome == true)
        {
            return new(ReadinessStep.EditionHasNone, null, null, "Windows Home has no Windows Sandbox.", "Use Windows Pro, Enterprise or Education; on Home, -Backend Wsl.");
        }

        if (facts.Build < ConfigurationBuild)
        {
            return new(ReadinessStep.WindowsTooOld, null, null, $"{windows} is too old.", string.Create(CultureInfo.InvariantCulture, $"Update to build {ConfigurationBuild} (Windows 10 1903) or newer."));
        }

        if (!facts.HasFeatureProgram)
        {
            return new(ReadinessStep.FeatureOff, null, null, $"The feature Windows Sandbox ({FeatureName}) is off.", $"Run Enable-SandboxBackend WindowsSandbox, or as administrator: {EnableCommand}; then restart Windows.");
        }

        if (facts.Build < CommandLineBuild)
        {
            return new(ReadinessStep.Ready, StartWay.ConfigurationFile, $"WindowsSandbox.exe of {windows}", null, null);
        }

        return facts.Alias != AliasState.Alias || facts.IsPackageRegistered == false
            ? new(ReadinessStep.ClientMissing, null, null, $"The feature is on, but its client (wsb.exe) is not installed for this user{(facts.Alias == AliasState.PlainFile ? "; the file at its place is none of the Store's" : "")}.", StartOnce)
            : new(ReadinessStep.ClientNotAnswering, null, null, $"The client (wsb.exe) does not answer: {Describe(facts.Version)}.", StartOnce);
    }

    private static Readiness Named(HostFacts facts)
    {
        string action = $"Set {HostProbe.ProgramVariable} to the absolute path of a wsb.exe, or unset it.";
        if (facts.Alias == AliasState.Missing)
        {
            return new(ReadinessStep.NamedProgramWrong, null, null, $"{HostProbe.ProgramVariable} names no file, or not by an absolute path.", action);
        }

        return Answered(facts.Version)
            ? new(ReadinessStep.Ready, StartWay.CommandLine, $"wsb {GuestText.Clean(facts.Version!.Text)} ({HostProbe.ProgramVariable})", null, null)
            : new(ReadinessStep.ClientNotAnswering, null, null, $"The program that {HostProbe.ProgramVariable} names does not answer: {Describe(facts.Version)}.", action);
    }

    private static bool Answered(VersionAnswer? answer) => answer is { ExitCode: 0 } && !string.IsNullOrWhiteSpace(answer.Text);

    private static string Describe(VersionAnswer? answer) => answer switch
    {
        null => "it was not run",
        { TimedOut: true } => string.Create(CultureInfo.InvariantCulture, $"'wsb --version' did not end within {HostProbe.VersionTimeout.TotalSeconds:0} s"),
        { Failure: { } failure } => $"it can't be started ({GuestText.Clean(failure)})",
        { ExitCode: 0 } => "'wsb --version' said nothing",
        _ => string.Create(CultureInfo.InvariantCulture, $"'wsb --version' ended with 0x{answer.ExitCode:X8}"),
    };
}
