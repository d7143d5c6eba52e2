using AgentSandbox.Backends.WindowsSandbox.Readiness;

namespace AgentSandbox.Tests.WindowsSandbox;

public sealed class ReadinessTests
{
    private static readonly HostFacts s_ready = new()
    {
        IsWindows = true, Build = 26100, IsHome = false, HasFeatureProgram = true, Alias = AliasState.Alias, IsPackageRegistered = true, Program = @"C:\wsb.exe", Version = new VersionAnswer(0, "0.5.3.0"),
    };

    [Fact]
    public void A_client_that_answers_is_ready() => Assert.Equal((ReadinessStep.Ready, StartWay.CommandLine), Step(s_ready));

    [Fact]
    public void An_answer_is_proof_whatever_the_other_signals_say() =>
        Assert.Equal(ReadinessStep.Ready, Step(s_ready with { HasFeatureProgram = false, Alias = AliasState.PlainFile, IsPackageRegistered = null, IsHome = true, Build = 19045 }).Step);

    [Fact]
    public void Elsewhere_it_needs_Windows()
    {
        Readiness readiness = ReadinessClassifier.Classify(new HostFacts { IsWindows = false });
        Assert.Equal(ReadinessStep.NeedsWindows, readiness.Step);
        Assert.True(readiness.NothingCanRun);
        Assert.Contains("needs Windows", readiness.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1, "", false, null)] // 0xFFFFFFFF
    [InlineData(unchecked((int)0x80070002), "", false, null)]
    [InlineData(0, "", false, null)]
    [InlineData(0, " \r\n", false, null)]
    [InlineData(1, "0.5.3.0", false, null)]
    [InlineData(null, "", true, null)]
    [InlineData(null, "", false, "The file cannot be accessed by the system.")]
    public void A_client_that_does_not_answer_is_not_ready_and_enabling_the_feature_is_not_what_helps(int? exitCode, string text, bool timedOut, string? failure)
    {
        Readiness readiness = ReadinessClassifier.Classify(s_ready with { Version = new VersionAnswer(exitCode, text, timedOut, failure) });
        Assert.Equal((ReadinessStep.ClientNotAnswering, (StartWay?)null), (readiness.Step, readiness.Way));
        Assert.DoesNotContain("dism", readiness.Action, StringComparison.Ordinal);
        Assert.Contains("WindowsSandbox.exe", readiness.Action, StringComparison.Ordinal);
        Assert.False(readiness.NothingCanRun);
    }

    [Theory]
    [InlineData(AliasState.Missing, true)]
    [InlineData(AliasState.Missing, null)]
    [InlineData(AliasState.PlainFile, true)]
    [InlineData(AliasState.Alias, false)]
    public void A_feature_without_its_client_names_the_step_for_the_client(object alias, bool? registered) =>
        Assert.Equal((ReadinessStep.ClientMissing, null), Step(s_ready with { Alias = (AliasState)alias, IsPackageRegistered = registered, Version = null }));

    [Fact]
    public void A_feature_that_is_off_names_the_command()
    {
        Readiness readiness = ReadinessClassifier.Classify(s_ready with { HasFeatureProgram = false, Alias = AliasState.Missing, IsPackageRegistered = false, Version = null });
        Assert.Equal(ReadinessStep.FeatureOff, readiness.Step);
        Assert.Contains("dism /Online /Enable-Feature /FeatureName:Containers-DisposableClientVM /All /NoRestart", readiness.Action, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(18361, true, ReadinessStep.WindowsTooOld, null)]
    [InlineData(18362, true, ReadinessStep.Ready, StartWay.ConfigurationFile)]
    [InlineData(22631, true, ReadinessStep.Ready, StartWay.ConfigurationFile)]
    [InlineData(22631, false, ReadinessStep.FeatureOff, null)]
    [InlineData(26099, true, ReadinessStep.Ready, StartWay.ConfigurationFile)]
    [InlineData(26100, true, ReadinessStep.ClientMissing, null)]
    public void Before_24H2_the_configuration_file_is_the_way(int build, bool hasFeature, object step, object? way) =>
        Assert.Equal(((ReadinessStep)step, (StartWay?)way), Step(s_ready with { Build = build, HasFeatureProgram = hasFeature, Alias = AliasState.Missing, IsPackageRegistered = false, Version = null }));

    [Theory]
    [InlineData(true, ReadinessStep.EditionHasNone)]
    [InlineData(null, ReadinessStep.FeatureOff)]
    public void Home_has_none_and_an_unknown_edition_is_no_home(bool? isHome, object step) =>
        Assert.Equal((ReadinessStep)step, Step(s_ready with { IsHome = isHome, HasFeatureProgram = false, Version = null }).Step);

    [Fact]
    public void A_named_program_takes_the_place_of_the_files()
    {
        HostFacts named = new() { IsWindows = false, IsNamed = true, HasFeatureProgram = true, Alias = AliasState.Alias, Version = new VersionAnswer(0, "1") };
        Assert.Equal((ReadinessStep.Ready, StartWay.CommandLine), Step(named));
        Assert.Equal(ReadinessStep.ClientNotAnswering, Step(named with { Version = new VersionAnswer(3) }).Step);
        Assert.Equal(ReadinessStep.NamedProgramWrong, Step(named with { Alias = AliasState.Missing, Version = null }).Step);
    }

    [Fact]
    public void Whatever_the_facts_there_is_a_way_or_else_a_reason_with_an_action()
    {
        bool?[] maybe = [true, false, null];
        foreach (bool isWindows in new[] { true, false })
        foreach (int build in new[] { 0, 18362, 26100 })
        foreach (bool? home in maybe)
        foreach (bool feature in new[] { true, false })
        foreach (AliasState alias in Enum.GetValues<AliasState>())
        foreach (bool? package in maybe)
        foreach (VersionAnswer? version in new[] { null, new VersionAnswer(0, "1"), new VersionAnswer(1), new VersionAnswer(null, TimedOut: true) })
        foreach (bool named in new[] { true, false })
        {
            Readiness readiness = ReadinessClassifier.Classify(new HostFacts { IsWindows = isWindows, Build = build, IsHome = home, HasFeatureProgram = feature, Alias = alias, IsPackageRegistered = package, Version = version, IsNamed = named });
            Assert.Equal(readiness.IsReady, readiness.Way is not null);
            Assert.Equal(readiness.IsReady, readiness.Reason is null);
            Assert.Equal(readiness.IsReady, readiness.Action is null);
            Assert.False(readiness.IsReady && readiness.NothingCanRun);
        }
    }

    private static (ReadinessStep Step, StartWay? Way) Step(HostFacts facts)
    {
        Readiness readiness = ReadinessClassifier.Classify(facts);
        return (readiness.Step, readiness.Way);
    }
}
