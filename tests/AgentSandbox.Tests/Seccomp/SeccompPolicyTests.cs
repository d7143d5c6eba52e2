using AgentSandbox.Guest.Seccomp;
using AgentSandbox.Seccomp;

namespace AgentSandbox.Tests.Seccomp;

public class SeccompPolicyTests
{
    private const uint Allow = 0x7fff0000;
    private const uint Eperm = 0x00050001;
    private const uint Enosys = 0x00050026;
    private const uint Eafnosupport = 0x00050061;
    private const uint Eprotonosupport = 0x0005005d;
    private const uint X64 = 0xC000003E;

    private static readonly SyscallArchitecture s_x64 = SyscallArchitecture.X64();
    private static readonly BpfInstruction[] s_plain = BpfCompiler.Compile(s_x64, SyscallPolicy.Rules(denySetIdBits: false));
    private static readonly BpfInstruction[] s_noSetId = BpfCompiler.Compile(s_x64, SyscallPolicy.Rules(denySetIdBits: true));

    [Fact]
    public void Every_system_call_of_the_architecture_is_decided_by_name()
    {
        Dictionary<string, SyscallRule> rules = SyscallPolicy.Rules(false);
        Assert.Empty(s_x64.Numbers.Keys.Except(rules.Keys));
        Assert.Empty(rules.Keys.Except(s_x64.Numbers.Keys)); // A misspelt name would silently stay ENOSYS.
    }

    [Theory]
    [InlineData("read", 0)]
    [InlineData("ioctl", 16)]
    [InlineData("clone", 56)]
    [InlineData("mount", 165)]
    [InlineData("openat", 257)]
    [InlineData("unshare", 272)]
    [InlineData("seccomp", 317)]
    [InlineData("rseq", 334)]
    [InlineData("pidfd_send_signal", 424)]
    [InlineData("io_uring_setup", 425)]
    [InlineData("clone3", 435)]
    [InlineData("mount_setattr", 442)]
    [InlineData("fchmodat2", 452)]
    [InlineData("open_tree_attr", 467)]
    public void Numbers_are_the_kernels(string name, int number) => Assert.Equal(number, s_x64.Numbers[name]);

    [Theory]
    [InlineData("read", Allow)]
    [InlineData("execve", Allow)]
    [InlineData("mount", Eperm)]
    [InlineData("move_mount", Eperm)]
    [InlineData("open_tree_attr", Eperm)]
    [InlineData("pivot_root", Eperm)]
    [InlineData("chroot", Eperm)]
    [InlineData("setns", Eperm)]
    [InlineData("io_uring_setup", Eperm)]
    [InlineData("userfaultfd", Eperm)]
    [InlineData("bpf", Eperm)]
    [InlineData("keyctl", Eperm)]
    [InlineData("open_by_handle_at", Eperm)]
    [InlineData("modify_ldt", Eperm)]
    [InlineData("clone3", Enosys)]
    public void A_call_decided_by_its_name_is_decided_whatever_its_arguments_are(string name, uint verdict)
    {
        var random = new Random(1);
        for (int i = 0; i < 200; i++)
        {
            Assert.Equal(verdict, Verdict(s_plain, name, [.. Enumerable.Range(0, 6).Select(_ => (ulong)random.NextInt64(long.MinValue, long.MaxValue))]));
        }
    }

    [Theory]
    [InlineData(0x1200011UL, Allow)] // fork as glibc does it
    [InlineData(0x3d0f00UL, Allow)] // a thread
    [InlineData(0x4111UL, Allow)] // vfork
    [InlineData(0x80UL, Allow)] // CLONE_NEWTIME's bit is part of the exit signal here
    [InlineData(0x20000UL, Eperm)]
    [InlineData(0x2000000UL, Eperm)]
    [InlineData(0x4000000UL, Eperm)]
    [InlineData(0x8000000UL, Eperm)]
    [InlineData(0x10000000UL, Eperm)]
    [InlineData(0x20000000UL, Eperm)]
    [InlineData(0x40000000UL, Eperm)]
    [InlineData(0x1_1000_0011UL, Eperm)] // the kernel drops the high word, so it can't buy a way through
    public void Clone_makes_processes_and_threads_but_no_namespaces(ulong flags, uint verdict) => Assert.Equal(verdict, Verdict(s_plain, "clone", flags));

    [Theory]
    [InlineData(0x400UL, Allow)] // CLONE_FILES: what a thread of a file server does
    [InlineData(0x80UL, Eperm)]
    [InlineData(0x10000000UL, Eperm)]
    [InlineData(0xffffffff_10000000UL, Eperm)]
    public void Unshare_makes_no_namespaces(ulong flags, uint verdict) => Assert.Equal(verdict, Verdict(s_plain, "unshare", flags));

    [Theory]
    [InlineData(1, 1, 0, Allow)]
    [InlineData(2, 0x80801, 6, Allow)]
    [InlineData(10, 2, 0, Allow)]
    [InlineData(2, 10, 0, Eafnosupport)] // SOCK_PACKET: AF_PACKET by its old name
    [InlineData(2, 0x8080a, 0, Eafnosupport)]
    [InlineData(16, 3, 0, Allow)] // NETLINK_ROUTE
    [InlineData(16, 3, 9, Eprotonosupport)] // NETLINK_AUDIT
    [InlineData(16, 3, 15, Eprotonosupport)] // NETLINK_KOBJECT_UEVENT
    [InlineData(17, 3, 0, Eafnosupport)] // AF_PACKET
    [InlineData(38, 5, 0, Eafnosupport)] // AF_ALG
    [InlineData(40, 1, 0, Eafnosupport)] // AF_VSOCK
    [InlineData(9999, 1, 0, Eafnosupport)]
    public void Only_ordinary_socket_families_exist(int family, int type, int protocol, uint verdict)
    {
        Assert.Equal(verdict, Verdict(s_plain, "socket", (ulong)family, (ulong)type, (ulong)protocol));

        // The kernel takes ints: bits above change nothing, for it and for the filter.
        const ulong High = 0xdeadbeef_00000000;
        Assert.Equal(verdict, Verdict(s_plain, "socket", High | (uint)family, High | (uint)type, High | (uint)protocol));
    }

    [Theory]
    [InlineData(0x5401UL, Allow)]
    [InlineData(0x5412UL, Eperm)]
    [InlineData(0x541CUL, Eperm)]
    [InlineData(0x1_0000_5412UL, Eperm)] // CVE-2019-7303 and CVE-2019-10063: filters of snapd and flatpak compared 64 bits
    [InlineData(0xffffffff_0000541CUL, Eperm)]
    public void Nothing_is_typed_into_the_callers_terminal(ulong request, uint verdict) => Assert.Equal(verdict, Verdict(s_plain, "ioctl", 0, request));

    [Theory]
    [InlineData(0UL, Allow)]
    [InlineData(0xffffffffUL, Allow)]
    [InlineData(0x40000UL, Eperm)] // ADDR_NO_RANDOMIZE
    [InlineData(0x400000UL, Eperm)] // READ_IMPLIES_EXEC
    public void Personality_keeps_the_protections(ulong persona, uint verdict) => Assert.Equal(verdict, Verdict(s_plain, "personality", persona));

    [Theory]
    [InlineData("chmod", 1)]
    [InlineData("fchmod", 1)]
    [InlineData("fchmodat", 2)]
    [InlineData("fchmodat2", 2)]
    [InlineData("creat", 1)]
    [InlineData("mknod", 1)]
    [InlineData("mknodat", 2)]
    [InlineData("mkdir", 1)]
    [InlineData("mkdirat", 2)]
    public void Set_id_bits_are_refused_when_asked_for_and_only_then(string name, int argument)
    {
        foreach (ulong mode in new ulong[] { 0x800, 0x400, 0x9ed, 0x10800, 0xffff_0000_0800 }) // umode_t has 16 bits
        {
            ulong[] arguments = new ulong[6];
            arguments[argument] = mode;
            Assert.Equal(Eperm, Verdict(s_noSetId, name, arguments));
            Assert.Equal(Allow, Verdict(s_plain, name, arguments));
            arguments[argument] = 0x3ff;
            Assert.Equal(Allow, Verdict(s_noSetId, name, arguments));
        }
    }

    [Theory]
    [InlineData(0x61b0, Eperm)] // S_IFBLK
    [InlineData(0x21b6, Eperm)] // S_IFCHR
    [InlineData(0x7_61b0, Eperm)] // umode_t has 16 bits
    [InlineData(0x11b6, Allow)] // S_IFIFO
    [InlineData(0xc1b6, Allow)] // S_IFSOCK
    [InlineData(0x81a4, Allow)] // S_IFREG
    public void No_device_nodes_are_made(int mode, uint verdict)
    {
        foreach (BpfInstruction[] program in new[] { s_plain, s_noSetId })
        {
            Assert.Equal(verdict, Verdict(program, "mknod", 0, (ulong)mode, 0x700));
            Assert.Equal(verdict, Verdict(program, "mknodat", 0, 0, (ulong)mode, 0x700));
        }
    }

    [Theory]
    [InlineData(0x0, 0x800, Allow)] // no creation: the mode is what happened to be in the register
    [InlineData(0x40, 0x9ed, Eperm)]
    [InlineData(0x41, 0x400, Eperm)]
    [InlineData(0x410002, 0x9ed, Eperm)] // O_TMPFILE
    [InlineData(0x10000, 0x9ed, Allow)] // O_DIRECTORY alone
    [InlineData(0x40, 0x1a4, Allow)]
    public void Open_creates_no_set_id_file(int flags, int mode, uint verdict)
    {
        Assert.Equal(verdict, Verdict(s_noSetId, "open", 0, (ulong)flags, (ulong)mode));
        Assert.Equal(verdict, Verdict(s_noSetId, "openat", 0, 0, (ulong)flags, (ulong)mode));
        Assert.Equal(Enosys, Verdict(s_noSetId, "openat2", 0, 0, 0, 24));
        Assert.Equal(Allow, Verdict(s_plain, "openat2", 0, 0, 0, 24));
    }

    [Fact]
    public void Other_architectures_and_the_x32_abi_get_nothing()
    {
        for (uint number = 0; number < 600; number++)
        {
            Assert.Equal(Eperm, BpfInterpreter.Run(s_plain, new SeccompData(number, 0x40000003, new ulong[6]))); // i386
            Assert.Equal(Eperm, BpfInterpreter.Run(s_plain, new SeccompData(number, 0xC00000B7, new ulong[6]))); // arm64
            Assert.Equal(Enosys, BpfInterpreter.Run(s_plain, new SeccompData(number | 0x40000000, X64, new ulong[6])));
        }

        Assert.Equal(Enosys, BpfInterpreter.Run(s_plain, new SeccompData(uint.MaxValue, X64, new ulong[6])));
    }

    private static uint Verdict(BpfInstruction[] program, string name, params ulong[] arguments)
    {
        ulong[] all = new ulong[6];
        arguments.CopyTo(all, 0);
        return BpfInterpreter.Run(program, new SeccompData((uint)s_x64.Numbers[name], X64, all));
    }
}
