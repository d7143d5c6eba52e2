using AgentSandbox.Isolation;
using static AgentSandbox.Tests.Isolation.Verdicts;

namespace AgentSandbox.Tests.Isolation;

public class GateTests
{
    [Theory]
    [InlineData(IsolationVerdict.Isolated, true)]
    [InlineData(IsolationVerdict.NotApplicable, true)]
    [InlineData(IsolationVerdict.Declared, false)]
    [InlineData(IsolationVerdict.Exposed, false)]
    [InlineData(IsolationVerdict.Inconclusive, false)]
    public void A_required_probe_has_to_hold(IsolationVerdict verdict, bool passes)
    {
        IsolationSummary summary = IsolationGrading.Summarize([Of("net.raw", verdict, evidence: "It works."), Of("other")]);
        IReadOnlyList<IsolationShortfall> shortfalls = new IsolationGate { Required = ["NET.raw"] }.Judge(summary);
        Assert.Equal(passes, shortfalls.Count == 0);
        if (!passes)
        {
            string text = shortfalls[0].ToString();
            Assert.StartsWith($"Nspawn: net.raw (Medium) is {verdict}: It works.", text, StringComparison.Ordinal);
            Assert.Equal(verdict != IsolationVerdict.Inconclusive, text.EndsWith("To close it: -Network None.", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void What_was_not_measured_does_not_pass() =>
        Assert.Equal("missing was not measured.", Assert.Single(new IsolationGate { Required = ["missing"] }.Judge(IsolationGrading.Summarize([Of()]))).Reason);

    public static TheoryData<IsolationGrade, IsolationGrade, bool> Grades
    {
        get
        {
            var data = new TheoryData<IsolationGrade, IsolationGrade, bool>();
            foreach (IsolationGrade minimum in Enum.GetValues<IsolationGrade>())
            {
                foreach (IsolationGrade grade in Enum.GetValues<IsolationGrade>())
                {
                    data.Add(minimum, grade, grade >= minimum && grade != IsolationGrade.NotGraded);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Grades))]
    public void A_grade_passes_from_the_minimum_on_and_no_grade_never(IsolationGrade minimum, IsolationGrade grade, bool passes)
    {
        IsolationSummary summary = IsolationGrading.Summarize([Of()]) with { Grade = grade };
        Assert.Equal(passes, new IsolationGate { MinimumGrade = minimum }.Judge(summary).Count == 0);
    }

    [Fact]
    public void The_error_lists_everything_with_its_remedy()
    {
        IsolationSummary summary = IsolationGrading.Summarize([Of("a", IsolationVerdict.Exposed, remedy: "-ReadOnly."), Of("b", IsolationVerdict.Exposed, IsolationSeverity.High, remedy: "-User nobody.")]);
        SandboxException error = IsolationGate.Insufficient(new IsolationGate { MinimumGrade = IsolationGrade.B, Required = ["a", "b"] }.Judge(summary));
        Assert.Equal(SandboxErrorId.IsolationInsufficient, error.ErrorId);
        Assert.Equal(4, error.Message.Split('\n').Length);
        Assert.Contains("the grade is D, at least B is required.", error.Message, StringComparison.Ordinal);
        Assert.Contains("To close it: b: -User nobody.", error.Message, StringComparison.Ordinal);
        Assert.Contains("a (Medium) is Exposed: EPERM. To close it: -ReadOnly.", error.Message, StringComparison.Ordinal);
        Assert.NotEmpty(error.RecommendedAction);
    }
}
