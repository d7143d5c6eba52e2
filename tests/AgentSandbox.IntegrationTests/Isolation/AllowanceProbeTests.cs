using AgentSandbox.IntegrationTests.Behaviour;
using AgentSandbox.Isolation;

namespace AgentSandbox.IntegrationTests.Isolation;

/// <summary>An allowance opens what it names: that probe says so, and names it; every other verdict is what it was.</summary>
public partial class BackendIsolationTests
{
    private static readonly Dictionary<SandboxAllowance, string> s_probeOf = new()
    {
        [SandboxAllowance.Vsock] = "net.vsock",
        [SandboxAllowance.IoUring] = "kernel.io-uring",
        [SandboxAllowance.UserFaultFd] = "kernel.userfaultfd",
        [SandboxAllowance.Keyring] = "kernel.keyring",
        [SandboxAllowance.NestedUserNamespace] = "kernel.nested-userns",
        [SandboxAllowance.Tun] = "device.special",
        [SandboxAllowance.ControlGroups] = "res.cgroup-write",
    };

    private static readonly Lazy<Task<Dictionary<string, IsolationResult>>> s_nspawn = new(() => TestAsync(new SandboxSpecification { Backend = "Nspawn" }));

    public static TheoryData<string> Allowances => [.. s_probeOf.Keys.Select(allowance => allowance.ToString())];

    [Fact]
    public void Every_allowance_has_its_probe() => Assert.Equal(Enum.GetValues<SandboxAllowance>().Order(), s_probeOf.Keys.Order());

    [Theory]
    [MemberData(nameof(Allowances))]
    public async Task One_allowance_on_nspawn_changes_the_verdict_of_its_own_probe_alone(string name)
    {
        SandboxAllowance allowance = Enum.Parse<SandboxAllowance>(name);
        Dictionary<string, IsolationResult> before = await s_nspawn.Value;
        Dictionary<string, IsolationResult> after = await TestAsync(new SandboxSpecification { Backend = "Nspawn", Allow = [allowance] });
        AssertDeclared(after[s_probeOf[allowance]], before[s_probeOf[allowance]], allowance);
        IsolationResult[] changed = [.. after.Values.Where(result => result.Id != s_probeOf[allowance] && result.Verdict != before[result.Id].Verdict)];
        Assert.True(changed.Length == 0, Describe(changed));
    }

    [Theory]
    [InlineData("Vsock")]
    [InlineData("IoUring")]
    [InlineData("UserFaultFd")]
    [InlineData("Keyring")]
    [InlineData("NestedUserNamespace")]
    [InlineData("Tun")]
    public async Task One_allowance_on_docker_does_the_same(string name)
    {
        SandboxAllowance allowance = Enum.Parse<SandboxAllowance>(name);
        if (allowance == SandboxAllowance.Tun && !AllowanceTests.NetworkDeviceIsOpen)
        {
            await using var host = new SandboxHost();
            await AllowanceTests.AssertRefusesClosedNetworkDeviceAsync(host, "Docker");
            return;
        }

        string[] probes = [.. s_probeOf.Values, "fs.mount", "net.raw", "priv.caps", "priv.nnp", "kernel.seccomp"];
        Dictionary<string, IsolationResult> before = await TestAsync(new SandboxSpecification { Backend = "Docker" }, probes);
        Dictionary<string, IsolationResult> after = await TestAsync(new SandboxSpecification { Backend = "Docker", Allow = [allowance] }, probes);
        AssertDeclared(after[s_probeOf[allowance]], before[s_probeOf[allowance]], allowance);
        Assert.All(after.Values, result => Assert.True(result.Id == s_probeOf[allowance] || result.Verdict == before[result.Id].Verdict, Describe(result)));
    }

    [Theory]
    [InlineData("Vsock")]
    [InlineData("IoUring")]
    [InlineData("UserFaultFd")]
    [InlineData("Keyring")]
    [InlineData("Tun")]
    public async Task What_a_chroot_can_allow_is_declared_there_too(string name)
    {
        SandboxAllowance allowance = Enum.Parse<SandboxAllowance>(name);
        if (allowance == SandboxAllowance.Tun && !AllowanceTests.NetworkDeviceIsOpen)
        {
            await using var host = new SandboxHost();
            await AllowanceTests.AssertRefusesClosedNetworkDeviceAsync(host, "Chroot");
            return;
        }

        string probe = s_probeOf[allowance];
        Dictionary<string, IsolationResult> before = await TestAsync(new SandboxSpecification { Backend = "Chroot" }, probe);
        AssertDeclared((await TestAsync(new SandboxSpecification { Backend = "Chroot", Allow = [allowance] }, probe))[probe], before[probe], allowance);
    }

    [Fact]
    public async Task A_nested_user_namespace_in_gVisor_is_declared()
    {
        const string Probe = "kernel.nested-userns";
        Dictionary<string, IsolationResult> before = await TestAsync(new SandboxSpecification { Backend = "GVisor" }, Probe);
        Dictionary<string, IsolationResult> after = await TestAsync(new SandboxSpecification { Backend = "GVisor", Allow = [SandboxAllowance.NestedUserNamespace] }, Probe);
        AssertDeclared(after[Probe], before[Probe], SandboxAllowance.NestedUserNamespace);
    }

    [Theory]
    [InlineData("Docker", "ControlGroups", null)]
    [InlineData("Docker", "NestedUserNamespace", "root")]
    [InlineData("GVisor", "Vsock", null)]
    [InlineData("GVisor", "IoUring", null)]
    [InlineData("GVisor", "UserFaultFd", null)]
    [InlineData("GVisor", "Keyring", null)]
    [InlineData("GVisor", "Tun", null)]
    [InlineData("GVisor", "ControlGroups", null)]
    [InlineData("Chroot", "NestedUserNamespace", null)]
    [InlineData("Chroot", "ControlGroups", null)]
    [InlineData("Wsl", "Vsock", null)]
    public async Task What_a_backend_cannot_allow_is_refused_before_anything_starts(string backend, string name, string? user)
    {
        await using var host = new SandboxHost();
        await host.PrepareAsync(backend);
        SandboxException refused = await Assert.ThrowsAsync<SandboxException>(() =>
            host.Manager.CreateAsync(new SandboxSpecification { Backend = backend, Allow = [Enum.Parse<SandboxAllowance>(name)], User = user }));
        SpecificationProblem problem = Assert.Single(refused.Problems);
        Assert.Equal((SandboxErrorId.NotEnforceable, "Allow"), (problem.ErrorId, problem.Parameter));
        Assert.Contains(name, problem.Message, StringComparison.Ordinal);
        Assert.Empty(host.Manager.List());
    }

    /// <summary>A kernel that lacks the thing (AF_VSOCK, io_uring switched off) has no verdict about it before or after.</summary>
    private static void AssertDeclared(IsolationResult after, IsolationResult before, SandboxAllowance allowance)
    {
        if (before.Verdict == IsolationVerdict.NotApplicable)
        {
            Assert.True(after.Verdict == IsolationVerdict.NotApplicable, Describe(after));
            return;
        }

        Assert.True(before.Verdict == IsolationVerdict.Isolated, Describe(before));
        Assert.True(after.Verdict == IsolationVerdict.Declared && after.Evidence.Contains($"-Allow {allowance}", StringComparison.Ordinal), Describe(after));
    }
}
