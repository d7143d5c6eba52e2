using AgentSandbox.Backends.Docker;
using AgentSandbox.Backends.Docker.Containers;
using AgentSandbox.Backends.Docker.Engine.Model;
using AgentSandbox.Backends.Docker.Windows;

namespace AgentSandbox.Tests.Docker.Windows;

public sealed class RulesTests
{
    private static SandboxSpecification Plain => WindowsSandboxes.Specification;

    public static TheoryData<string, SandboxSpecification, string> Refused => new()
    {
        { "PidLimit", Plain with { PidLimit = 100 }, SandboxErrorId.NotEnforceable },
        { "ReadOnly", Plain with { ReadOnly = true }, SandboxErrorId.NotEnforceable },
        { "IdleTimeout", Plain with { IdleTimeout = TimeSpan.FromHours(1) }, SandboxErrorId.NotEnforceable },
        { "Network", Plain with { Network = NetworkMode.Host }, SandboxErrorId.NotEnforceable },
        { "Allow", Plain with { Allow = [SandboxAllowance.Vsock] }, SandboxErrorId.NotEnforceable },
        { "DiskLimit", Plain with { DiskLimit = 1L << 30 }, SandboxErrorId.NotEnforceable },
        { "User", Plain with { User = "0:0" }, SandboxErrorId.InvalidSpecification },
        { "User", Plain with { User = "1000" }, SandboxErrorId.InvalidSpecification },
        { "Hostname", Plain with { Hostname = "a-name-that-is-too-long" }, SandboxErrorId.InvalidSpecification },
        { "Hostname", Plain with { Hostname = "123" }, SandboxErrorId.InvalidSpecification },
        { "WorkingDirectory", Plain with { WorkingDirectory = "/project" }, SandboxErrorId.InvalidSpecification },
        { "Image", Plain with { Image = "host" }, SandboxErrorId.ImageNotCompatible },
        { "Image", Plain with { Image = "registry.example/windows/nanoserver" }, SandboxErrorId.ImageNotFound },
        { "Mount", Plain with { Mounts = [new SandboxMount { Source = Path.GetTempPath(), Target = @"C:\project" }] }, SandboxErrorId.MountNotSupported },
        { "Mount", Plain with { Mounts = [new SandboxMount { Source = Path.GetTempPath(), Target = "/project" }] }, SandboxErrorId.InvalidMount },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task What_Windows_would_not_honour_is_refused_when_it_is_asked_for(string parameter, SandboxSpecification specification, string error)
    {
        await using var windows = new WindowsSandboxes();
        SandboxException refused = Assert.Throws<SandboxException>(() => windows.Manager.Resolve(specification));
        Assert.Contains(refused.Problems, p => p.Parameter == parameter && p.ErrorId == error);
    }

    [Fact]
    public async Task Defaults_promise_only_what_is_kept()
    {
        await using var windows = new WindowsSandboxes();
        SandboxSpecification resolved = windows.Manager.Resolve(Plain with { WorkingDirectory = @"C:\project", User = "ContainerUser" });
        Assert.Equal((0, 0L, NetworkMode.None), (resolved.PidLimit, resolved.DiskLimit, resolved.Network));
        Assert.True(resolved.Memory > 0 && resolved.Cpu > 0);
    }

    [Fact]
    public void Linux_paths_are_what_they_were()
    {
        var specification = new SandboxSpecification { WorkingDirectory = @"C:\project", Mounts = [new SandboxMount { Source = Path.GetTempPath(), Target = @"C:\project" }] };
        Assert.Equal(["WorkingDirectory", "Mount"], SpecificationValidator.Validate(specification).Select(p => p.Parameter));
    }

    [Fact]
    public void Windows_targets_are_compared_as_Windows_does()
    {
        var specification = new SandboxSpecification { Mounts = [new SandboxMount { Source = Path.GetTempPath(), Target = @"C:\Project" }, new SandboxMount { Source = Path.GetTempPath(), Target = @"c:/project/" }] };
        Assert.Contains("two mounts", Assert.Single(SpecificationValidator.Validate(specification, SandboxPathStyle.Windows)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3600, 3601)]
    [InlineData(0.2, 2)]
    [InlineData(-5, 2)]
    public void A_time_to_live_is_kept_by_the_waiting_process(double seconds, long requests)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        ContainerCreate request = Request(new() { TimeToLive = TimeSpan.FromHours(1) }, now.AddSeconds(seconds), now);
        Assert.Equal($@"C:\Windows\System32\ping.exe -n {requests} 127.0.0.1 > nul & exit 0", request.Entrypoint![^1]);
        Assert.False(request.OpenStdin);
    }

    [Fact]
    public void Mounts_are_bound_as_they_are_written()
    {
        ContainerCreate request = Request(new() { Mounts = [new SandboxMount { Source = @"D:\src", Target = "c:/project/", ReadOnly = false }] }, null, DateTimeOffset.UtcNow);
        Mount mount = Assert.Single(request.HostConfig.Mounts!);
        Assert.Equal(("bind", @"D:\src", @"C:\project", false), (mount.Type, mount.Source, mount.Target, mount.ReadOnly));
        Assert.Null(mount.BindOptions);
    }

    [Theory]
    [InlineData(@"C:\src:D:\work:ro", new[] { @"C:\src", @"D:\work", "ro" })]
    [InlineData(@"c:/src:/project", new[] { "c:/src", "/project" })]
    [InlineData(@"src:/project:rw", new[] { "src", "/project", "rw" })]
    [InlineData(@"C:\src", new[] { @"C:\src" })]
    [InlineData(@"C:", new[] { "C", "" })]
    public void The_colon_of_a_drive_separates_nothing(string mount, string[] parts) => Assert.Equal(parts, SandboxMount.SplitWithDrives(mount));

    private static ContainerCreate Request(SandboxSpecification specification, DateTimeOffset? expires, DateTimeOffset now) => new WindowsContainerRequest(
        new ContainerRecord { Name = "x", Specification = specification, Created = now, Expires = expires },
        new EngineImage("nanoserver:ltsc2022", new ImageInspect { Id = "1" }, [], "", null),
        new EngineFacts(new EnginePing(new Version(1, 43), "windows"), new EngineInfo { NCPU = 4 }, false)).Build(now);
}
