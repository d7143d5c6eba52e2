using AgentSandbox.Backends.Wsl;

namespace AgentSandbox.Tests.Wsl;

public sealed class WslMountTests
{
    [Theory]
    [InlineData("/srv/data", null)]
    [InlineData("/home/me/src", null)]
    [InlineData("/", SandboxErrorId.MountNotSupported)]
    [InlineData("//", SandboxErrorId.MountNotSupported)]
    [InlineData("/mnt", SandboxErrorId.MountNotSupported)]
    [InlineData("/mnt/c", SandboxErrorId.MountNotSupported)]
    [InlineData("/./mnt/c", SandboxErrorId.MountNotSupported)]
    [InlineData("/mnt//c/Users", SandboxErrorId.MountNotSupported)]
    [InlineData("/run/WSL", SandboxErrorId.MountNotSupported)]
    [InlineData("/mnt/wsl", SandboxErrorId.MountNotSupported)]
    [InlineData("/init", SandboxErrorId.MountNotSupported)]
    [InlineData("/proc/1/root", SandboxErrorId.MountNotSupported)]
    [InlineData("/usr/lib/wsl/drivers", SandboxErrorId.MountNotSupported)]
    [InlineData("/srv/../mnt/c", SandboxErrorId.InvalidMount)]
    [InlineData("//server/share", SandboxErrorId.MountNotSupported)]
    [InlineData(@"\\server\share", SandboxErrorId.MountNotSupported)]
    [InlineData(@"\\wsl$\Ubuntu", SandboxErrorId.MountNotSupported)]
    [InlineData(@"\\?\C:\x", SandboxErrorId.MountNotSupported)]
    [InlineData(@"C:\no\such\folder\here", SandboxErrorId.MountSourceNotFound)]
    [InlineData("relative", SandboxErrorId.MountNotSupported)]
    [InlineData("", SandboxErrorId.MountNotSupported)]
    public void Sources_are_sorted_by_one_rule(string source, string? errorId) =>
        Assert.Equal(errorId, WslMount.Check(new SandboxMount { Source = source, Target = "/data" })?.ErrorId);

    [Fact]
    public void A_drive_is_never_mounted_writable()
    {
        SpecificationProblem problem = WslMount.Check(new SandboxMount { Source = @"C:\src", Target = "/src", ReadOnly = false })!;
        Assert.Equal(SandboxErrorId.NotEnforceable, problem.ErrorId);
        Assert.Contains("Copy-SandboxItem", problem.RecommendedAction, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/srv", true)]
    [InlineData("/", true)]
    [InlineData("//server/share", false)]
    [InlineData(@"C:\x", false)]
    [InlineData("c:/x", false)]
    public void A_path_of_the_distribution_begins_with_one_slash(string source, bool isInDistribution)
    {
        Assert.Equal(isInDistribution, WslMount.IsInDistribution(source));
        Assert.Equal(isInDistribution, SandboxMount.IsOfDistribution(source, isWindows: true));
        Assert.False(SandboxMount.IsOfDistribution(source, isWindows: false));
    }
}
