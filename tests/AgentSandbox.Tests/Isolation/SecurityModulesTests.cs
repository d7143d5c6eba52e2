using AgentSandbox.Isolation.Observation;

namespace AgentSandbox.Tests.Isolation;

/// <summary>Labels as the kernel's modules write them; no machine has all three.</summary>
public class SecurityModulesTests
{
    [Theory]
    [InlineData("lockdown,capability,landlock,yama,apparmor,bpf\n", "apparmor")]
    [InlineData("lockdown,capability,yama,selinux,bpf", "selinux")]
    [InlineData("capability,landlock,yama", "")]
    public void Only_those_that_label_processes_count(string list, string expected) => Assert.Equal(expected, string.Join(',', SecurityModules.ActiveIn(list)));

    [Theory]
    [InlineData("unconfined\n", false)]
    [InlineData("docker-default (enforce)\n", true)]
    [InlineData("docker-default (kill)", true)]
    [InlineData("docker-default (complain)", false)]
    [InlineData("nautilus (unconfined)", false)] // Ubuntu's profiles that only allow user namespaces
    [InlineData("/usr/bin/man (with) (enforce)", true)]
    [InlineData("", false)]
    public void AppArmor_confines_in_enforce_mode(string label, bool confined) => Assert.Equal(confined, SecurityModules.Confines("apparmor", label, "unconfined", permissive: false));

    [Theory]
    [InlineData("system_u:system_r:container_t:s0:c1,c2\0", false, true)]
    [InlineData("system_u:system_r:container_t:s0:c1,c2", true, false)]
    [InlineData("system_u:system_r:spc_t:s0", false, false)]
    [InlineData("unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023\0", false, false)]
    [InlineData("system_u:system_r:sshd_t:s0", false, false)] // the tester's own domain: nothing more confined than that
    [InlineData("kernel", false, false)]
    public void SELinux_confines_in_a_domain_of_its_own(string label, bool permissive, bool confined) =>
        Assert.Equal(confined, SecurityModules.Confines("selinux", label, "system_u:system_r:sshd_t:s0", permissive));

    [Theory]
    [InlineData("_", false)]
    [InlineData("Sandbox", true)]
    [InlineData("System", false)]
    public void Smack_confines_with_a_label_of_its_own(string label, bool confined) => Assert.Equal(confined, SecurityModules.Confines("smack", label, "System", permissive: false));
}
