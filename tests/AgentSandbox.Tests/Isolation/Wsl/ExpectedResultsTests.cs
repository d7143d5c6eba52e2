using AgentSandbox.Backends.Wsl.Provider;
using AgentSandbox.Isolation;

namespace AgentSandbox.Tests.Isolation.Wsl;

/// <summary>What a distribution says of its isolation: it may lie about that, and about nothing else.</summary>
public class ExpectedResultsTests
{
    private static readonly string[] s_ids = ["fs.host-path", "net.vsock"];

    [Fact]
    public void Each_probe_is_answered_once_and_in_order()
    {
        var expected = new ExpectedResults("box", s_ids);
        IsolationResult result = expected.Take(Result("fs.host-path"));
        Assert.True(result is { Subject: "box", Backend: "Wsl" });
        Assert.Same(IsolationTester.Catalogue.First(probe => probe.Id == "fs.host-path"), result.Probe);
        Assert.DoesNotContain(result.Evidence, char.IsControl);
        expected.Take(Result("net.vsock"));
        expected.End();
    }

    [Theory]
    [InlineData("net.vsock")]
    [InlineData("fs.host-write")]
    [InlineData("no.such")]
    public void Another_probes_answer_is_none(string id) => Refused(() => new ExpectedResults("box", s_ids).Take(Result(id)));

    [Fact]
    public void One_that_is_missing_or_too_much_is_noticed()
    {
        var expected = new ExpectedResults("box", s_ids);
        expected.Take(Result("fs.host-path"));
        Refused(expected.End);
        expected.Take(Result("net.vsock"));
        Refused(() => expected.Take(Result("net.vsock")));
    }

    [Fact]
    public void A_verdict_or_an_observer_that_does_not_exist_is_refused()
    {
        Refused(() => new ExpectedResults("box", s_ids).Take(Result("fs.host-path") with { Verdict = (IsolationVerdict)9 }));
        Refused(() => new ExpectedResults("box", s_ids).Take(Result("fs.host-path") with { ObservedBy = (IsolationObserver)(-1) }));
    }

    private static void Refused(Action take) => Assert.Equal(SandboxErrorId.ProtocolViolation, Assert.Throws<SandboxException>(take).ErrorId);

    private static IsolationResult Result(string id) => new()
    {
        Subject = "another",
        Backend = "Nspawn",
        Probe = new IsolationProbeInfo(id, IsolationCategory.Ipc, IsolationSeverity.Low, "Is it what it says?", "none", "Believe it."),
        Verdict = IsolationVerdict.Isolated,
        ObservedBy = IsolationObserver.Host,
        Evidence = "all\u001b[2J fine\n",
        Duration = TimeSpan.Zero,
    };
}
