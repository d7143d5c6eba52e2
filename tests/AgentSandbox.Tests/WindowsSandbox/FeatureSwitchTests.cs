using System.ComponentModel;
using AgentSandbox.Backends.WindowsSandbox.Setup;

namespace AgentSandbox.Tests.WindowsSandbox;

public sealed class FeatureSwitchTests
{
    [Theory]
    [InlineData(0, false)]
    [InlineData(3010, true)]
    public async Task Success_tells_whether_a_restart_is_needed(int code, bool restart)
    {
        var launcher = new Launcher { Code = code };
        Assert.Equal(restart, await new FeatureSwitch(launcher).EnableAsync(default));
        Assert.Equal("dism.exe", Path.GetFileName(launcher.Program));
        Assert.Equal(["/Online", "/Enable-Feature", "/FeatureName:Containers-DisposableClientVM", "/All", "/NoRestart", "/Quiet"], launcher.Arguments);
    }

    [Theory]
    [InlineData(740, SandboxErrorId.ElevationRequired)]
    [InlineData(1223, SandboxErrorId.ElevationDeclined)]
    [InlineData(1, SandboxErrorId.BackendSetupFailed)]
    [InlineData(50, SandboxErrorId.BackendSetupFailed)]
    [InlineData(unchecked((int)0x800F080C), SandboxErrorId.BackendSetupFailed)]
    public async Task Failures_are_told_apart_by_exit_code(int code, string errorId) =>
        Assert.Equal(errorId, (await Assert.ThrowsAsync<SandboxException>(() => new FeatureSwitch(new Launcher { Code = code }).EnableAsync(default))).ErrorId);

    [Theory]
    [InlineData(740, SandboxErrorId.ElevationRequired)]
    [InlineData(1223, SandboxErrorId.ElevationDeclined)]
    [InlineData(2, SandboxErrorId.BackendSetupFailed)]
    public async Task And_by_why_it_did_not_start(int code, string errorId) =>
        Assert.Equal(errorId, (await Assert.ThrowsAsync<SandboxException>(() => new FeatureSwitch(new Launcher { Failure = new Win32Exception(code) }).EnableAsync(default))).ErrorId);

    [Fact]
    public void The_step_is_said_as_a_user_would_type_it()
    {
        Assert.Equal("dism /Online /Enable-Feature /FeatureName:Containers-DisposableClientVM /All /NoRestart", FeatureSwitch.Step.CommandLine);
        Assert.True(FeatureSwitch.Step.NeedsElevation);
    }

    private sealed class Launcher : IElevatedLauncher
    {
        public int Code { get; init; }

        public Win32Exception? Failure { get; init; }

        public string? Program { get; private set; }

        public IReadOnlyList<string> Arguments { get; private set; } = [];

        public Task<int> RunAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
        {
            (Program, Arguments) = (program, arguments);
            return Failure is null ? Task.FromResult(Code) : Task.FromException<int>(Failure);
        }
    }
}
