using AgentSandbox.Isolation;
using static AgentSandbox.Tests.Isolation.WindowsSandbox.StandInInstance;

namespace AgentSandbox.Tests.Isolation.WindowsSandbox;

/// <summary>What the host makes of a configuration, and of what the guest says, hostile or not.</summary>
public sealed class InstanceProbeTests : IDisposable
{
    private readonly StandInInstance _instance = new();

    public static TheoryData<string, string> Switched => new()
    {
        { "wsb.clipboard", "ClipboardRedirection" },
        { "wsb.network", "Networking" },
        { "wsb.vgpu", "vGPU" },
        { "wsb.audio-input", "AudioInput" },
        { "wsb.printers", "PrinterRedirection" },
    };

    public void Dispose() => _instance.Dispose();

    [Theory]
    [MemberData(nameof(Switched))]
    public async Task What_was_switched_off_and_is_found_off_is_isolated_by_the_guests_word(string id, string element)
    {
        IsolationResult result = await _instance.RunAsync(id);
        Assert.True(result is { Verdict: IsolationVerdict.Isolated, ObservedBy: IsolationObserver.GuestReport }, result.Evidence);
        Assert.StartsWith($"Asked for in the configuration: {element} is Disable. In the sandbox: ", result.Evidence, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Switched))]
    public async Task What_was_not_switched_off_is_open_whatever_the_guest_says(string id, string element)
    {
        foreach (string? value in new[] { "Enable", "Default", "", null })
        {
            _instance.Switches[element] = value;
            IsolationResult result = await _instance.RunAsync(id);
            Assert.True(result is { Verdict: IsolationVerdict.Exposed, ObservedBy: IsolationObserver.Host }, $"{value}: {result.Evidence}");
        }

        // Said twice, it is Windows that chooses.
        _instance.Text = $"<Configuration><{element}>Disable</{element}><{element}>Enable</{element}></Configuration>";
        Assert.Equal(IsolationVerdict.Exposed, (await _instance.RunAsync(id)).Verdict);
    }

    [Theory]
    [MemberData(nameof(Switched))]
    public async Task What_was_switched_off_and_is_found_on_is_exposed(string id, string element)
    {
        Assert.NotEmpty(element);
        _instance.Inside = _ => Answer("open");
        IsolationResult result = await _instance.RunAsync(id);
        Assert.True(result is { Verdict: IsolationVerdict.Exposed, ObservedBy: IsolationObserver.GuestReport }, result.Evidence);
    }

    [Theory]
    [MemberData(nameof(Switched))]
    public async Task A_configuration_alone_proves_nothing(string id, string element)
    {
        Assert.NotEmpty(element);
        foreach (string answer in new[] { Answer("closed", selfTest: false), Answer("error"), "garbage" })
        {
            _instance.Inside = _ => answer;
            Assert.Equal(IsolationVerdict.Inconclusive, (await _instance.RunAsync(id)).Verdict);
        }

        // And the control on the host must succeed, or say that there is nothing to share.
        _instance.Inside = _ => Answer("closed");
        _instance.OnHost = _ => Answer("closed", selfTest: false);
        Assert.Equal(IsolationVerdict.Inconclusive, (await _instance.RunAsync(id)).Verdict);
        _instance.OnHost = _ => Answer("closed");
        Assert.Equal(id == "wsb.clipboard" ? IsolationVerdict.Inconclusive : IsolationVerdict.NotApplicable, (await _instance.RunAsync(id)).Verdict);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<Configuration>")]
    [InlineData("<Other/>")]
    [InlineData("<!DOCTYPE c [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><Configuration>&e;</Configuration>")]
    public async Task Without_a_configuration_nothing_is_known(string text)
    {
        _instance.Text = text;
        foreach (string id in IsolationTester.Catalogue.Select(probe => probe.Id).Where(id => id.StartsWith("wsb.", StringComparison.Ordinal)))
        {
            Assert.Equal(IsolationVerdict.Inconclusive, (await _instance.RunAsync(id)).Verdict);
        }
    }

    [Fact]
    public async Task A_network_that_was_asked_for_is_declared()
    {
        _instance.Specification = _instance.Specification with { Network = NetworkMode.Host };
        _instance.Switches["Networking"] = "Enable";
        Assert.Equal(IsolationVerdict.Declared, (await _instance.RunAsync("wsb.network")).Verdict);
    }

    [Theory]
    [InlineData("wsb.host-path")]
    [InlineData("wsb.processes")]
    public async Task A_secret_of_the_host_is_the_only_proof(string id)
    {
        string secret = id == "wsb.processes" ? _instance.Canaries.Secret : _instance.Canaries.Files.Secret;
        _instance.OnHost = _ => Answer("open", nonce: secret);
        Assert.Equal(IsolationVerdict.Isolated, (await _instance.RunAsync(id)).Verdict);

        _instance.Inside = _ => Answer("open", nonce: "ffffffffffffffffffffffffffffffff");
        Assert.Equal(IsolationVerdict.Inconclusive, (await _instance.RunAsync(id)).Verdict);

        _instance.Inside = _ => Answer("open", nonce: secret);
        Assert.True((await _instance.RunAsync(id)) is { Verdict: IsolationVerdict.Exposed, ObservedBy: IsolationObserver.GuestProof });

        _instance.OnHost = _ => Answer("open"); // The host's own attempt does not bring it.
        Assert.Equal(IsolationVerdict.Inconclusive, (await _instance.RunAsync(id)).Verdict);
    }

    [Fact]
    public async Task The_hosts_user_is_asked_for_by_its_identifier()
    {
        IReadOnlyList<string> asked = [];
        _instance.Inside = arguments =>
        {
            asked = arguments;
            return Answer("closed");
        };
        Assert.Equal(IsolationVerdict.Isolated, (await _instance.RunAsync("wsb.users")).Verdict);
        Assert.Equal(["wsb.users", "S-1-5-21-1-2-3-1001"], asked);
    }

    [Fact]
    public async Task Questions_about_another_kind_of_sandbox_do_not_arise()
    {
        foreach (IsolationProbeInfo probe in IsolationTester.Catalogue.Where(probe => !probe.Id.StartsWith("wsb.", StringComparison.Ordinal)))
        {
            IsolationResult result = await _instance.RunAsync(probe.Id);
            Assert.True(result.Verdict == IsolationVerdict.NotApplicable, $"{probe.Id}: {result.Evidence}");
        }
    }
}
