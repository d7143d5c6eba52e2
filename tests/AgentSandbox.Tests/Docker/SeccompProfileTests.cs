using System.Text.Json;
using AgentSandbox.Backends.Docker.Linux;
using AgentSandbox.Seccomp;
using Xunit.Abstractions;

namespace AgentSandbox.Tests.Docker;

/// <summary>The engine's profile against the policy that it is made from.</summary>
public class SeccompProfileTests(ITestOutputHelper output)
{
    private const int Denied = -1;

    // All values that the policy compares with, and their neighbours, so that random arguments meet every branch.
    private static readonly uint[] s_edges =
    [
        0, 1, 2, 3, 7, 8, 9, 10, 11, 15, 16, 17, 38, 40, 0x40, 0x80, 0x1ED, 0x400, 0x800, 0xC00, 0x9ED, 0xA, 0x8080A, 0x80801, 0x11B6, 0x21B6, 0x2000, 0x61B0, 0x6000, 0x6800, 0x81A4, 0xC1B6, 0xF000,
        0x20000, 0x20008, 0x40000, 0x400000, 0x400040, 0x410002, 0x5401, 0x5412, 0x541C, 0x1200011, 0x3D0F00, 0x2000000, 0x10000000, 0x40000000, 0x7E020000, 0x80000000, uint.MaxValue,
    ];

    public static TheoryData<bool> Both => [false, true];

    [Theory]
    [MemberData(nameof(Both))]
    public void It_allows_what_the_policy_allows_and_nothing_else_but_for_ioctl(bool denySetIdBits)
    {
        Random random = Seeded.Create(output);
        using var profile = new ProfileInterpreter(SeccompProfile.For(denySetIdBits));
        foreach ((string name, SyscallRule rule) in SyscallPolicy.Rules(denySetIdBits))
        {
            foreach (ulong[] arguments in Samples(rule, random))
            {
                int policy = Answer(rule, arguments);
                int engine = profile.Answer(name, arguments) == 0 ? 0 : Denied;
                Assert.True(policy == engine || (name == "ioctl" && engine == 0), $"{name}({string.Join(", ", arguments.Select(a => a.ToString("x")))}): policy {policy}, profile {engine}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void It_follows_the_policy_with_everything_allowed_too(bool denySetIdBits)
    {
        Random random = Seeded.Create(output);
        SandboxAllowance[] all = Enum.GetValues<SandboxAllowance>();
        using var profile = new ProfileInterpreter(SeccompProfile.For(denySetIdBits, all));
        foreach ((string name, SyscallRule rule) in SyscallPolicy.Rules(denySetIdBits, all))
        {
            foreach (ulong[] arguments in Samples(rule, random))
            {
                Assert.True((Answer(rule, arguments) == 0) == (profile.Answer(name, arguments) == 0) || name == "ioctl", name);
            }
        }

        // One sandbox's allowances are not another's.
        using var plain = new ProfileInterpreter(SeccompProfile.For(denySetIdBits));
        Assert.NotEqual(0, plain.Answer("io_uring_setup"));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void It_names_no_system_call_that_the_policy_does_not_name(bool denySetIdBits)
    {
        using var profile = new ProfileInterpreter(SeccompProfile.For(denySetIdBits));
        Assert.Empty(profile.Rules.Keys.Except(SyscallPolicy.Rules(denySetIdBits).Keys));
        Assert.Equal("SCMP_ACT_ERRNO", profile.Root.GetProperty("defaultAction").GetString());
        Assert.Equal(38, profile.Answer("a_system_call_of_next_year"));
    }

    [Fact]
    public void It_is_for_this_architecture_alone()
    {
        using var profile = new ProfileInterpreter(SeccompProfile.For(false));
        JsonElement architecture = Assert.Single(profile.Root.GetProperty("archMap").EnumerateArray());
        Assert.Equal("SCMP_ARCH_X86_64", architecture.GetProperty("architecture").GetString());
        Assert.Empty(architecture.GetProperty("subArchitectures").EnumerateArray());
    }

    [Theory]
    [InlineData("io_uring_setup")]
    [InlineData("io_uring_enter")]
    [InlineData("io_uring_register")]
    [InlineData("keyctl")]
    [InlineData("add_key")]
    [InlineData("userfaultfd")]
    [InlineData("bpf")]
    [InlineData("mount")]
    [InlineData("setns")]
    [InlineData("open_by_handle_at")]
    [InlineData("unshare", 0x10000000UL)]
    [InlineData("unshare", 0xFFFFFFFF_10000000UL)]
    [InlineData("clone", 0x10000011UL)]
    [InlineData("clone", 0x1_10000011UL)]
    [InlineData("socket", 40UL, 1UL)] // AF_VSOCK
    [InlineData("socket", 0xDEADBEEF_00000028UL, 1UL)]
    [InlineData("socket", 38UL, 5UL)] // AF_ALG
    [InlineData("socket", 17UL, 3UL)] // AF_PACKET
    [InlineData("socket", 2UL, 0x8080AUL)] // AF_PACKET by its old name
    [InlineData("socket", 16UL, 3UL, 9UL)] // NETLINK_AUDIT
    [InlineData("mknod", 0UL, 0x61B0UL)]
    [InlineData("mknodat", 0UL, 0UL, 0x21B6UL)]
    [InlineData("personality", 0x40000UL)]
    public void What_has_been_a_way_out_is_denied(string name, params ulong[] arguments)
    {
        foreach (bool denySetIdBits in new[] { false, true })
        {
            using var profile = new ProfileInterpreter(SeccompProfile.For(denySetIdBits));
            Assert.NotEqual(0, profile.Answer(name, arguments));
        }
    }

    [Theory]
    [InlineData("socket", 1UL, 1UL)]
    [InlineData("socket", 2UL, 0x80801UL, 6UL)]
    [InlineData("socket", 10UL, 2UL)]
    [InlineData("socket", 16UL, 3UL, 0UL)]
    [InlineData("clone", 0x1200011UL)]
    [InlineData("clone", 0x3D0F00UL)]
    [InlineData("unshare", 0x400UL)]
    [InlineData("personality", 0xFFFFFFFFUL)]
    [InlineData("mknodat", 0UL, 0UL, 0x11B6UL)]
    public void What_programs_need_is_allowed(string name, params ulong[] arguments)
    {
        using var profile = new ProfileInterpreter(SeccompProfile.For(true));
        Assert.Equal(0, profile.Answer(name, arguments));
    }

    [Theory]
    [InlineData("chmod", 1)]
    [InlineData("fchmod", 1)]
    [InlineData("creat", 1)]
    [InlineData("mkdir", 1)]
    [InlineData("mknod", 1)]
    [InlineData("fchmodat", 2)]
    [InlineData("fchmodat2", 2)]
    [InlineData("mkdirat", 2)]
    [InlineData("mknodat", 2)]
    public void Set_id_bits_are_denied_when_asked_for_and_only_then(string name, int argument)
    {
        using var plain = new ProfileInterpreter(SeccompProfile.For(false));
        using var strict = new ProfileInterpreter(SeccompProfile.For(true));
        foreach (ulong mode in new ulong[] { 0x800, 0x400, 0xC00, 0x9ED, 0x10800, 0xFFFF_0000_0800 })
        {
            ulong[] arguments = new ulong[6];
            arguments[argument] = mode;
            Assert.Equal(0, plain.Answer(name, arguments));
            Assert.NotEqual(0, strict.Answer(name, arguments));
        }
    }

    [Fact]
    public void Clone3_and_with_set_id_bits_denied_openat2_are_not_there()
    {
        // ENOSYS and nothing else: C libraries then use the older call, whose arguments a filter can read.
        using var plain = new ProfileInterpreter(SeccompProfile.For(false));
        using var strict = new ProfileInterpreter(SeccompProfile.For(true));
        Assert.Equal(38, plain.Answer("clone3"));
        Assert.Equal(38, strict.Answer("openat2"));
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void It_is_in_a_form_that_every_engine_takes(bool denySetIdBits)
    {
        using var profile = new ProfileInterpreter(SeccompProfile.For(denySetIdBits));
        foreach ((string name, List<JsonElement> rules) in profile.Rules)
        {
            string[] conditions = [.. rules.Select(rule => rule.GetProperty("args").GetRawText())];
            Assert.True(conditions.Distinct().Count() == conditions.Length, $"{name} has the same rule twice.");
            Assert.True(rules.Count == 1 || !conditions.Contains("[]"), $"{name} is allowed always, and under conditions too.");

            // Several tests of one argument in one rule: engines make alternatives of them.
            Assert.All(rules, rule => Assert.Equal(
                rule.GetProperty("args").GetArrayLength(),
                rule.GetProperty("args").EnumerateArray().Select(test => test.GetProperty("index").GetInt32()).Distinct().Count()));
        }
    }

    [Fact]
    public void No_alternative_repeats_another()
    {
        using var profile = new ProfileInterpreter(SeccompProfile.For(false));
        List<JsonElement> version6 = profile.Rules["socket"].FindAll(rule => rule.GetProperty("args").EnumerateArray().Any(test => test.GetProperty("index").GetInt32() == 0 && test.GetProperty("valueTwo").GetUInt64() == 10));
        Assert.Equal(1, Assert.Single(version6).GetProperty("args").GetArrayLength());
    }

    private static IEnumerable<ulong[]> Samples(SyscallRule rule, Random random)
    {
        int[] tested = [.. rule.Clauses.SelectMany(clause => clause.Tests).Select(test => test.Argument).Distinct()];
        // Every pair of edges in the arguments that are tested (there are never more than three), others random.
        foreach (uint first in s_edges)
        {
            foreach (uint second in s_edges)
            {
                ulong[] arguments = Random(random);
                for (int i = 0; i < tested.Length; i++)
                {
                    arguments[tested[i]] = i switch { 0 => first, 1 => second, _ => s_edges[random.Next(s_edges.Length)] };
                    arguments[tested[i]] |= random.Next(3) == 0 ? (ulong)random.NextInt64() << 32 : 0;
                }

                yield return arguments;
                if (tested.Length == 0)
                {
                    break;
                }
            }
        }

        for (int i = 0; i < 200; i++)
        {
            yield return Random(random);
        }
    }

    private static ulong[] Random(Random random) => [.. Enumerable.Range(0, 6).Select(_ => (ulong)random.NextInt64(long.MinValue, long.MaxValue))];

    private static int Answer(SyscallRule rule, ulong[] arguments)
    {
        SyscallClause? clause = Array.Find(rule.Clauses, clause => clause.Tests.All(test => ((uint)arguments[test.Argument] & test.Mask) == test.Value != test.Differs));
        return (clause?.Verdict ?? rule.Otherwise) == SeccompVerdict.Allow ? 0 : Denied;
    }
}
