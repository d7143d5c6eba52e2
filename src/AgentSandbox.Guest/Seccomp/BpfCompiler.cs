using AgentSandbox.Seccomp;

namespace AgentSandbox.Guest.Seccomp;

/// <summary>
/// Turns rules into a BPF program: check the architecture, then a balanced binary search over ranges of system call numbers with the same rule, then
/// tests of arguments. A verdict on the number alone is found in about seven comparisons, and kernels since 5.11 cache it and don't run the program at all.
/// </summary>
internal static class BpfCompiler
{
    /// <summary>Offset of the system call's number in <c>struct seccomp_data</c>.</summary>
    public const uint NumberOffset = 0;

    /// <summary>Offset of the architecture in <c>struct seccomp_data</c>.</summary>
    public const uint ArchitectureOffset = 4;

    private readonly record struct Range(uint First, SyscallRule Rule);

    /// <summary>Compiles.</summary>
    /// <param name="architecture">The architecture that the program accepts; another one's system calls get EPERM, another ABI's ENOSYS.</param>
    /// <param name="rules">The rules by name; a name that the architecture lacks is left out.</param>
    /// <returns>The program.</returns>
    public static BpfInstruction[] Compile(SyscallArchitecture architecture, IReadOnlyDictionary<string, SyscallRule> rules)
    {
        var program = new List<BpfInstruction>(512)
        {
            BpfInstruction.Load(ArchitectureOffset),
            BpfInstruction.JumpEqual(architecture.AuditValue, 1, 0),
            BpfInstruction.Return(SeccompVerdict.Forbidden),
            BpfInstruction.Load(NumberOffset),
        };
        List<Range> ranges = Ranges(architecture, rules);
        program.AddRange(Search(ranges, 0, ranges.Count));
        return [.. program];
    }

    /// <summary>Offset of the low 32 bits of an argument; both x86-64 and arm64 are little-endian.</summary>
    public static uint ArgumentOffset(int argument) => (uint)(16 + (8 * argument));

    /// <summary>All numbers from 0 to the highest, in ranges of the same rule; what has no rule is missing.</summary>
    private static List<Range> Ranges(SyscallArchitecture architecture, IReadOnlyDictionary<string, SyscallRule> rules)
    {
        var byNumber = new SortedDictionary<uint, SyscallRule>();
        foreach ((string name, SyscallRule rule) in rules)
        {
            if (architecture.Numbers.TryGetValue(name, out int number) && (uint)number < architecture.FirstForeignNumber)
            {
                byNumber.Add((uint)number, rule);
            }
        }

        var ranges = new List<Range> { new(0, SyscallRule.Miss) };
        foreach ((uint number, SyscallRule rule) in byNumber)
        {
            Append(ranges, new Range(number, rule));
            Append(ranges, new Range(number + 1, SyscallRule.Miss));
        }

        return ranges;
    }

    private static void Append(List<Range> ranges, Range next)
    {
        if (ranges[^1].First == next.First)
        {
            ranges.RemoveAt(ranges.Count - 1);
        }

        if (ranges.Count == 0 || !ReferenceEquals(ranges[^1].Rule, next.Rule))
        {
            ranges.Add(next);
        }
    }

    private static List<BpfInstruction> Search(List<Range> ranges, int from, int to)
    {
        if (to - from == 1)
        {
            return Verdict(ranges[from].Rule);
        }

        int middle = (from + to) / 2;
        List<BpfInstruction> below = Search(ranges, from, middle);
        List<BpfInstruction> above = Search(ranges, middle, to);
        var code = new List<BpfInstruction>(below.Count + above.Count + 2);
        if (below.Count <= byte.MaxValue)
        {
            code.Add(BpfInstruction.JumpAtLeast(ranges[middle].First, below.Count, 0));
        }
        else
        {
            // A conditional jump reaches 255 instructions, an unconditional one everything.
            code.Add(BpfInstruction.JumpAtLeast(ranges[middle].First, 0, 1));
            code.Add(BpfInstruction.Jump(below.Count));
        }

        code.AddRange(below);
        code.AddRange(above);
        return code;
    }

    private static List<BpfInstruction> Verdict(SyscallRule rule)
    {
        var code = new List<BpfInstruction>();
        foreach (SyscallClause clause in rule.Clauses)
        {
            List<BpfInstruction> next = [BpfInstruction.Return(clause.Verdict)];
            foreach (ArgumentTest test in clause.Tests.Reverse())
            {
                int miss = next.Count;
                next.Insert(0, test.Differs ? BpfInstruction.JumpEqual(test.Value, miss, 0) : BpfInstruction.JumpEqual(test.Value, 0, miss));
                if (test.Mask != uint.MaxValue)
                {
                    next.Insert(0, BpfInstruction.And(test.Mask));
                }

                next.Insert(0, BpfInstruction.Load(ArgumentOffset(test.Argument)));
            }

            code.AddRange(next);
        }

        code.Add(BpfInstruction.Return(rule.Otherwise));
        return code;
    }
}
