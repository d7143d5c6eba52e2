using System.Numerics;
using AgentSandbox.Seccomp;

namespace AgentSandbox.Backends.Docker.Linux;

/// <summary>
/// Turns a rule of the policy (clauses, of which the first that fits decides) into what a profile can say: alternatives, each a conjunction of
/// "these bits of this argument are exactly so", at most one for each argument.
/// </summary>
internal static class AllowedArguments
{
    /// <summary>Widest mask of which every other value is written out; wider ones ("is not 0x5412") can't be said and are left out, which only allows more.</summary>
    private const int MaxEnumeratedBits = 4;

    /// <summary>The alternatives in which the system call is allowed.</summary>
    /// <param name="rule">The rule.</param>
    /// <returns>Conjunctions of equalities; an empty one is "always".</returns>
    public static IReadOnlyList<IReadOnlyList<ArgumentTest>> Of(SyscallRule rule)
    {
        var allowed = new List<IReadOnlyList<ArgumentTest>>();
        List<ArgumentTest[]> unlessBefore = [[]];
        foreach (SyscallClause clause in rule.Clauses)
        {
            if (clause.Verdict == SeccompVerdict.Allow)
            {
                allowed.AddRange(unlessBefore.SelectMany(before => Sayable([.. before, .. clause.Tests])));
            }
            else
            {
                unlessBefore = [.. unlessBefore.SelectMany(before => clause.Tests.Select(test => (ArgumentTest[])[.. before, test with { Differs = !test.Differs }]))];
            }
        }

        if (rule.Otherwise == SeccompVerdict.Allow)
        {
            allowed.AddRange(unlessBefore.SelectMany(Sayable));
        }

        return WithoutRepetitions(allowed);
    }

    /// <summary>Leaves out what another alternative allows already, the first of two equal ones excepted: the engine compiles every one.</summary>
    private static List<IReadOnlyList<ArgumentTest>> WithoutRepetitions(List<IReadOnlyList<ArgumentTest>> alternatives)
    {
        var kept = new List<IReadOnlyList<ArgumentTest>>();
        for (int i = 0; i < alternatives.Count; i++)
        {
            if (!alternatives.Where((other, j) => j != i && Implies(alternatives[i], other) && (j < i || !Implies(other, alternatives[i]))).Any())
            {
                kept.Add(alternatives[i]);
            }
        }

        return kept;
    }

    /// <summary>Whether all that passes the one passes the other too.</summary>
    private static bool Implies(IReadOnlyList<ArgumentTest> one, IReadOnlyList<ArgumentTest> other) =>
        other.All(wide => one.Any(narrow => narrow.Argument == wide.Argument && (narrow.Mask & wide.Mask) == wide.Mask && (narrow.Value & wide.Mask) == wide.Value));

    /// <summary>One conjunction of any tests as alternatives of equalities.</summary>
    private static IEnumerable<IReadOnlyList<ArgumentTest>> Sayable(ArgumentTest[] tests)
    {
        List<Dictionary<int, ArgumentTest>> alternatives = [[]];
        // Equalities first: they decide most of the others.
        foreach (ArgumentTest test in tests.OrderBy(t => t.Differs))
        {
            alternatives = [.. alternatives.SelectMany(a => And(a, test))];
        }

        return alternatives.Select(a => (IReadOnlyList<ArgumentTest>)[.. a.Values]);
    }

    private static IEnumerable<Dictionary<int, ArgumentTest>> And(Dictionary<int, ArgumentTest> known, ArgumentTest test)
    {
        if (!test.Differs)
        {
            return Merge(known, test) is { } merged ? [merged] : [];
        }

        if (known.TryGetValue(test.Argument, out ArgumentTest there) && (there.Mask & test.Mask) == test.Mask)
        {
            return (there.Value & test.Mask) != test.Value ? [known] : [];
        }

        return BitOperations.PopCount(test.Mask) > MaxEnumeratedBits
            ? [known]
            : OtherValues(test).Select(v => Merge(known, test with { Value = v, Differs = false })).OfType<Dictionary<int, ArgumentTest>>();
    }

    private static Dictionary<int, ArgumentTest>? Merge(Dictionary<int, ArgumentTest> known, ArgumentTest test)
    {
        ArgumentTest there = known.GetValueOrDefault(test.Argument, test);
        uint both = there.Mask & test.Mask;
        return (there.Value & both) != (test.Value & both)
            ? null
            : new Dictionary<int, ArgumentTest>(known) { [test.Argument] = new(test.Argument, there.Mask | test.Mask, there.Value | test.Value) };
    }

    private static IEnumerable<uint> OtherValues(ArgumentTest test)
    {
        // All subsets of the mask's bits, the well-known walk.
        uint value = 0;
        do
        {
            if (value != test.Value)
            {
                yield return value;
            }

            value = (value - test.Mask) & test.Mask;
        }
        while (value != 0);
    }
}
