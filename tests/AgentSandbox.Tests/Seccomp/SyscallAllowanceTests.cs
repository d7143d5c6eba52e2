using AgentSandbox.Guest.Seccomp;
using AgentSandbox.Seccomp;

namespace AgentSandbox.Tests.Seccomp;

/// <summary>What each allowance changes in the filter: that, and nothing else.</summary>
public class SyscallAllowanceTests
{
    private const uint Allow = 0x7fff0000;
    private const uint Eperm = 0x00050001;
    private const uint Enosys = 0x00050026;
    private const uint X64 = 0xC000003E;
    private static readonly SyscallArchitecture s_x64 = SyscallArchitecture.X64();

    public static TheoryData<string, string> Opened => new()
    {
        { "Vsock", "socket" },
        { "IoUring", "io_uring_enter io_uring_register io_uring_setup" },
        { "UserFaultFd", "userfaultfd" },
        { "Keyring", "add_key keyctl request_key" },
        { "NestedUserNamespace", "chroot clone fsconfig fsmount fsopen fspick mount mount_setattr move_mount open_tree open_tree_attr pivot_root setdomainname sethostname setns umount2 unshare" },
        { "Tun", "" },
        { "ControlGroups", "" },
    };

    [Theory]
    [MemberData(nameof(Opened))]
    public void An_allowance_changes_its_own_calls_and_no_other(string allowance, string calls)
    {
        Dictionary<string, SyscallRule> plain = SyscallPolicy.Rules(false);
        Dictionary<string, SyscallRule> opened = SyscallPolicy.Rules(false, [Enum.Parse<SandboxAllowance>(allowance)]);
        Assert.Equal(plain.Keys.Order(), opened.Keys.Order());
        string[] changed = [.. opened.Where(rule => !Same(rule.Value, plain[rule.Key])).Select(rule => rule.Key).Order(StringComparer.Ordinal)];
        Assert.Equal(calls, string.Join(' ', changed));
        Assert.InRange(BpfCompiler.Compile(s_x64, opened).Length, 100, 4096);
    }

    [Fact]
    public void Every_allowance_is_tested() => Assert.Equal(Enum.GetNames<SandboxAllowance>().Order(), Opened.Select(row => (string)row[0]).Order());

    [Fact]
    public void Vsock_opens_its_family_and_no_other()
    {
        BpfInstruction[] program = Compile(SandboxAllowance.Vsock);
        for (ulong family = 0; family < 64; family++)
        {
            uint expected = family is 1 or 2 or 10 or 40 ? Allow : family == 16 ? 0x0005005du : 0x00050061u;
            Assert.Equal(expected, Verdict(program, "socket", family, 1, 9)); // Protocol 9 of netlink is not the routing one.
        }

        Assert.Equal(0x00050061u, Verdict(program, "socket", 2, 10)); // SOCK_PACKET
        Assert.Equal(0x00050061u, Verdict(program, "socketpair", 40, 1));
    }

    [Fact]
    public void Nested_user_namespaces_make_every_namespace_and_leave_the_rest_closed()
    {
        BpfInstruction[] program = Compile(SandboxAllowance.NestedUserNamespace);
        Assert.Equal(Allow, Verdict(program, "clone", 0x7E020011));
        Assert.Equal(Allow, Verdict(program, "unshare", 0x7E020080));
        Assert.Equal(Enosys, Verdict(program, "clone3"));
        Assert.Equal(Enosys, Verdict(program, "fsopen"));
        foreach (string closed in new[] { "bpf", "perf_event_open", "keyctl", "io_uring_setup", "userfaultfd", "open_by_handle_at", "finit_module", "quotactl", "swapon", "reboot", "syslog" })
        {
            Assert.Equal(Eperm, Verdict(program, closed));
        }

        Assert.Equal(0x00050061u, Verdict(program, "socket", 17, 3)); // AF_PACKET
        Assert.Equal(0x0005005du, Verdict(program, "socket", 16, 3, 12)); // NETLINK_NETFILTER: nf_tables
        Assert.Equal(Eperm, Verdict(program, "mknodat", 0, 0, 0x61b0, 0x700)); // A block device.
        Assert.Equal(Eperm, Verdict(program, "ioctl", 0, 0x5412)); // TIOCSTI
    }

    private static bool Same(SyscallRule one, SyscallRule other) =>
        one.Otherwise == other.Otherwise && one.Clauses.Select(Text).SequenceEqual(other.Clauses.Select(Text));

    private static string Text(SyscallClause clause) => $"{clause.Verdict} {string.Join(';', clause.Tests)}";

    private static BpfInstruction[] Compile(params SandboxAllowance[] allowances) => BpfCompiler.Compile(s_x64, SyscallPolicy.Rules(false, allowances));

    private static uint Verdict(BpfInstruction[] program, string name, params ulong[] arguments)
    {
        ulong[] all = new ulong[6];
        arguments.CopyTo(all, 0);
        return BpfInterpreter.Run(program, new SeccompData((uint)s_x64.Numbers[name], X64, all));
    }
}
