using AgentSandbox.Guest.Seccomp;
using AgentSandbox.Seccomp;

namespace AgentSandbox.Tests.Seccomp;

public class BpfCompilerTests
{
    private static readonly SyscallArchitecture s_x64 = SyscallArchitecture.X64();

    // Values that tests of the policy compare with, so that random arguments meet them, plus their neighbours in the high word.
    private static readonly uint[] s_interesting = [0, 1, 2, 8, 10, 16, 17, 40, 0x40, 0x400, 0x800, 0xC00, 0x20000, 0x20008, 0x400040, 0x5412, 0x541C, 0x10000000, uint.MaxValue];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_program_answers_as_the_rules_do(bool denySetIdBits)
    {
        Dictionary<string, SyscallRule> rules = SyscallPolicy.Rules(denySetIdBits);
        Check(rules, new Random(denySetIdBits ? 7 : 8), 300);
    }

    [Fact]
    public void Random_rules_compile_to_programs_that_answer_as_they_do()
    {
        var random = new Random(42);
        string[] names = [.. s_x64.Numbers.Keys];
        for (int round = 0; round < 60; round++)
        {
            var rules = new Dictionary<string, SyscallRule>();
            foreach (string name in names.Where(_ => random.Next(3) > 0))
            {
                rules.Add(name, RandomRule(random));
            }

            Check(rules, random, 6);
        }
    }

    [Fact]
    public void The_kernel_accepts_the_size()
    {
        Assert.InRange(BpfCompiler.Compile(s_x64, SyscallPolicy.Rules(true)).Length, 100, 4096); // BPF_MAXINSNS
    }

    private static void Check(Dictionary<string, SyscallRule> rules, Random random, int samples)
    {
        BpfInstruction[] program = BpfCompiler.Compile(s_x64, rules);
        Dictionary<uint, SyscallRule> byNumber = rules.ToDictionary(rule => (uint)s_x64.Numbers[rule.Key], rule => rule.Value);
        for (uint number = 0; number <= 600; number++)
        {
            for (int i = 0; i < samples; i++)
            {
                ulong[] arguments = [.. Enumerable.Range(0, 6).Select(_ => RandomArgument(random))];
                uint expected = byNumber.TryGetValue(number, out SyscallRule? rule) ? Answer(rule, arguments) : SeccompVerdict.Missing;
                uint actual = BpfInterpreter.Run(program, new SeccompData(number, s_x64.AuditValue, arguments));
                Assert.True(expected == actual, $"{number}({string.Join(", ", arguments.Select(a => a.ToString("x")))}): rule {expected:x}, program {actual:x}");
            }
        }
    }

    private static uint Answer(SyscallRule rule, ulong[] arguments)
    {
        foreach (SyscallClause clause in rule.Clauses)
        {
            if (clause.Tests.All(test => ((uint)arguments[test.Argument] & test.Mask) == test.Value != test.Differs))
            {
                return clause.Verdict;
            }
        }

        return rule.Otherwise;
    }

    private static ulong RandomArgument(Random random) => random.Next(4) switch
    {
        0 => (ulong)random.NextInt64(long.MinValue, long.MaxValue),
        1 => s_interesting[random.Next(s_interesting.Length)] | ((ulong)random.Next() << 32),
        _ => s_interesting[random.Next(s_interesting.Length)],
    };

    private static SyscallRule RandomRule(Random random) => random.Next(4) switch
    {
        0 => SyscallRule.Allow,
        1 => SyscallRule.Forbid,
        _ => new SyscallRule(RandomVerdict(random), [.. Enumerable.Range(0, random.Next(5)).Select(_ => new SyscallClause(RandomVerdict(random), [.. Enumerable.Range(0, random.Next(4)).Select(_ => RandomTest(random))]))]),
    };

    private static ArgumentTest RandomTest(Random random)
    {
        uint mask = random.Next(2) == 0 ? uint.MaxValue : s_interesting[random.Next(s_interesting.Length)];
        return new ArgumentTest(random.Next(6), mask, s_interesting[random.Next(s_interesting.Length)] & mask, random.Next(2) == 0);
    }

    private static uint RandomVerdict(Random random) => random.Next(3) switch { 0 => SeccompVerdict.Allow, 1 => SeccompVerdict.Forbidden, _ => SeccompVerdict.NoFamily };
}
