using System.Text;
using AgentSandbox.Backends.Wsl.Cli;
using AgentSandbox.Backends.Wsl.Readiness;
using AgentSandbox.Backends.Wsl.Setup;
using AgentSandbox.Backends.Wsl.State;

namespace AgentSandbox.Tests.Wsl;

public sealed class WslReadinessTests
{
    private static readonly WslFacts s_ready = new()
    {
        IsExpected = true,
        HasCli = true,
        List = Listed("agentsandbox", "Stopped", "2"),
        Version = new Version(2, 4, 13, 0),
        DistributionName = "agentsandbox",
        Record = new WslRecord { Id = "x", Name = "agentsandbox", Location = "/x", IsComplete = true },
    };

    private static WslResult Listed(string name, string state, string version) =>
        new(0, Encoding.UTF8.GetBytes($"  NAME            STATE           VERSION\r\n* {name}    {state,-16}{version}\r\n"), []);

    private static WslResult Failed(string token) => new(-1, Encoding.Unicode.GetBytes($"Worte in irgendeiner Sprache.\r\nFehlercode: {token}\r\n"), []);

    [Theory]
    [InlineData("Stopped")]
    [InlineData("Running")]
    public void A_complete_distribution_is_ready(string state) => Assert.True(WslReadiness.Of(s_ready with { List = Listed("agentsandbox", state, "2") }).IsReady);

    [Fact]
    public void Elsewhere_than_on_windows_the_advice_is_the_linux_backend()
    {
        var readiness = WslReadiness.Of(s_ready with { IsExpected = false });
        Assert.Equal("It needs Windows.", readiness.Reason);
        Assert.Contains("-Backend Nspawn", readiness.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Wsl/WSL_E_WSL_OPTIONAL_COMPONENT_REQUIRED", "wsl --install --no-distribution")]
    [InlineData("Wsl/Service/CreateInstance/CreateVm/WSL_E_VIRTUAL_MACHINE_PLATFORM_REQUIRED", "wsl --install --no-distribution")]
    [InlineData("Wsl/Service/CreateInstance/CreateVm/HCS/HCS_E_HYPERV_NOT_INSTALLED", "firmware")]
    [InlineData("Wsl/CallMsi/REGDB_E_CLASSNOTREG", "wsl --update")]
    [InlineData("Wsl/ERROR_ACCESS_DISABLED_BY_POLICY", "administrator")]
    [InlineData("Wsl/Service/E_UNEXPECTED", "wsl --update")]
    public void Each_failure_of_wsl_names_its_command(string token, string advice)
    {
        var readiness = WslReadiness.Of(s_ready with { List = Failed(token) });
        Assert.Contains(token, readiness.Reason, StringComparison.Ordinal);
        Assert.Contains(advice, readiness.RecommendedAction, StringComparison.Ordinal);
    }

    public static TheoryData<string, string, string> Steps => new()
    {
        { "no wsl.exe", "not installed", "wsl --install --no-distribution" },
        { "the wsl.exe of a bare Windows", "not installed", "wsl --install --no-distribution" },
        { "no answer", "can't be asked", "wsl --shutdown" },
        { "the WSL of Windows 10", "too old", "wsl --update" },
        { "an old WSL", "too old", "wsl --update" },
        { "nothing imported", "no distribution 'agentsandbox'", "Install-SandboxBackend Wsl -RootFileSystem" },
        { "only others", "no distribution 'agentsandbox'", "Install-SandboxBackend Wsl -RootFileSystem" },
        { "somebody else's", "did not import", "--export" },
        { "WSL 1", "WSL 1", "wsl --set-version agentsandbox 2" },
        { "half", "not set up to the end", "-Force" },
        { "Installing", "being imported", "Wait" },
        { "Uninstalling", "being unregistered", "Wait" },
        { "Converting", "being converted", "Wait" },
        { "Exporting", "being exported", "wsl --terminate agentsandbox" },
    };

    [Theory, MemberData(nameof(Steps))]
    public void Each_missing_step_is_named_with_its_command(string what, string reason, string advice)
    {
        WslFacts facts = what switch
        {
            "no wsl.exe" => s_ready with { HasCli = false },
            "the wsl.exe of a bare Windows" => s_ready with { List = new WslResult(1, Encoding.Unicode.GetBytes("Das Windows-Subsystem für Linux ist nicht installiert.\r\n"), []), Version = null },
            "no answer" => s_ready with { List = null, Failure = "it did not end" },
            "the WSL of Windows 10" => s_ready with { Version = null },
            "an old WSL" => s_ready with { Version = new Version(0, 66, 1) },
            "nothing imported" => s_ready with { List = Failed("Wsl/WSL_E_DEFAULT_DISTRO_NOT_FOUND"), Record = null },
            "only others" => s_ready with { List = Listed("Ubuntu", "Running", "2") },
            "somebody else's" => s_ready with { Record = null },
            "WSL 1" => s_ready with { List = Listed("agentsandbox", "Stopped", "1") },
            "half" => s_ready with { Record = s_ready.Record! with { IsComplete = false } },
            _ => s_ready with { List = Listed("agentsandbox", what, "2") },
        };
        var readiness = WslReadiness.Of(facts);
        Assert.Contains(reason, readiness.Reason, StringComparison.Ordinal);
        Assert.Contains(advice, readiness.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1223, SandboxErrorId.ElevationDeclined)]
    [InlineData(740, SandboxErrorId.ElevationRequired)]
    [InlineData(1, SandboxErrorId.BackendSetupFailed)]
    [InlineData(-1, SandboxErrorId.BackendSetupFailed)]
    public void Exit_codes_of_the_elevated_install_are_told_apart(int exitCode, string errorId) =>
        Assert.Equal(errorId, Assert.Throws<SandboxException>(() => ElevatedWsl.Report(exitCode)).ErrorId);

    [Theory]
    [InlineData(0)]
    [InlineData(3010)]
    public void After_the_elevated_install_windows_is_restarted(int exitCode) => Assert.True(ElevatedWsl.Report(exitCode).RestartRequired);

    [Theory]
    [InlineData("systemd=true")]
    [InlineData("enabled=false\nmountFsTab=false")]
    [InlineData("enabled=false\nappendWindowsPath=false")]
    public void The_settings_cut_what_they_should(string lines) => Assert.Contains(lines, DistributionHardening.Configuration.ReplaceLineEndings("\n"), StringComparison.Ordinal);
}
