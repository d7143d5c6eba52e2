using AgentSandbox.Backends.Docker.Engine.Model;
using AgentSandbox.Backends.Docker.Windows;

namespace AgentSandbox.Tests.Docker.Windows;

public sealed class WindowsVersionsTests
{
    private const string Server2022 = "Microsoft Windows Server 2022 Datacenter (Build 20348)";
    private const string Windows11 = "Microsoft Windows 11 Pro (Build 22631)";
    private const string Windows10 = "Microsoft Windows 10 Pro (Build 19045)";

    [Theory]
    [InlineData(Server2022, "10.0.20348", "10.0.20348.2700", true)]
    [InlineData(Server2022, "10.0.20348", "10.0.20348.1", true)]
    [InlineData(Server2022, "10.0.20348", "10.0.17763.6414", true)]
    [InlineData(Server2022, "10.0.20348", "10.0.14393.1", true)]
    [InlineData(Server2022, "10.0.20348", "10.0.26100.1", false)]
    [InlineData(Server2022, "10.0.20348", "10.0.10240.1", false)]
    [InlineData("Microsoft Windows Server 2025 Datacenter (Build 26100)", "10.0.26100", "10.0.26100.1", true)]
    [InlineData("Microsoft Windows Server 2019 Standard (Build 17763)", "10.0.17763", "10.0.20348.1", false)]
    [InlineData(Windows11, "10.0.22631", "10.0.20348.1", true)]
    [InlineData(Windows11, "10.0.22631", "10.0.26100.1", false)]
    [InlineData("Microsoft Windows 11 Pro (Build 26100)", "10.0.26100", "10.0.26100.1", true)]
    [InlineData("Microsoft Windows 11 Pro (Build 26100)", "10.0.26100", "10.0.14393.1", true)]
    [InlineData(Windows10, "10.0.19045", "10.0.17763.1", true)]
    [InlineData(Windows10, "10.0.19045", "10.0.18363.1", false)]
    [InlineData(Windows10, "10.0.19045", "10.0.20348.1", false)]
    [InlineData(Windows10, null, "10.0.20348.1", false)]
    [InlineData(Windows11, "21H2", "10.0.26100.1", false)]
    [InlineData("Docker Desktop", null, "10.0.26100.1", true)]
    [InlineData(Server2022, "10.0.20348", null, true)]
    [InlineData(Server2022, "10.0.20348", "", true)]
    [InlineData(Server2022, "10.0.20348", "10.0.99999999999999", true)]
    public void What_Hyper_V_isolation_runs(string system, string? version, string? image, bool runs) =>
        Assert.Equal(runs, WindowsVersions.WhyNot(new EngineInfo { OperatingSystem = system, OSVersion = version }, image) is null);

    [Theory]
    [InlineData("10.0.20348", null, null, 20348)]
    [InlineData("10.0.20348.2700", null, null, 20348)]
    [InlineData(null, "Microsoft Windows Server Version 21H2 (OS Build 20348.2700)", null, 20348)]
    [InlineData(null, Windows10, null, 19045)]
    [InlineData(null, null, "10.0 20348 (20348.1.amd64fre.fe_release.210507-1500)", 20348)]
    [InlineData("Unknown Operating System Version", "Unknown Operating System", "", null)]
    [InlineData(null, null, null, null)]
    public void Where_an_engine_says_its_build(string? version, string? system, string? kernel, int? build) =>
        Assert.Equal(build, WindowsVersions.HostBuild(new EngineInfo { OSVersion = version, OperatingSystem = system, KernelVersion = kernel }));
}
