using System.Text;
using AgentSandbox.Isolation;
using AgentSandbox.Isolation.WindowsSandbox;

namespace AgentSandbox.IntegrationTests.Isolation.WindowsSandbox;

/// <summary>
/// The probes of Windows Sandbox with both of their halves, under Wine: in a machine that holds, and on the host itself, which holds nothing. What Wine can't show is
/// that Windows answers in the same way: see docs/isolation.md.
/// </summary>
public sealed class WindowsProbeTests(WindowsMachines machines) : IClassFixture<WindowsMachines>
{
    private const string WinesUser = "S-1-5-21-0-0-0-1000"; // of every Wine
    private const string Switches = "<vGPU>Disable</vGPU><AudioInput>Disable</AudioInput><PrinterRedirection>Disable</PrinterRedirection><ClipboardRedirection>Disable</ClipboardRedirection><Networking>Disable</Networking>";

    private ProbeRunner OnHost => HostProbeRunner.For([.. machines.Host, WindowsMachines.Guest]);

    private ProbeRunner Inside => HostProbeRunner.For([.. machines.Instance, WindowsMachines.GuestInside]);

    [Theory]
    [InlineData("wsb.mapped-folders", IsolationObserver.Host)]
    [InlineData("wsb.host-path", IsolationObserver.GuestProof)]
    [InlineData("wsb.network", IsolationObserver.GuestReport)]
    [InlineData("wsb.vgpu", IsolationObserver.GuestReport)]
    [InlineData("wsb.audio-input", IsolationObserver.GuestReport)]
    [InlineData("wsb.printers", IsolationObserver.GuestReport)]
    [InlineData("wsb.processes", IsolationObserver.GuestProof)]
    [InlineData("wsb.users", IsolationObserver.GuestReport)]
    public async Task Without_a_boundary_everything_is_exposed(string id, IsolationObserver observedBy)
    {
        IsolationResult result = await RunAsync(id, OnHost, OnHost);
        Assert.True(result.Verdict == IsolationVerdict.Exposed && result.ObservedBy == observedBy, $"{result.Verdict} by {result.ObservedBy}: {result.Evidence}");
    }

    [Theory]
    [InlineData("wsb.mapped-folders")]
    [InlineData("wsb.host-path")]
    [InlineData("wsb.network")]
    [InlineData("wsb.vgpu")]
    [InlineData("wsb.printers")]
    [InlineData("wsb.processes")]
    public async Task A_machine_of_its_own_holds_by_the_guests_word(string id)
    {
        IsolationResult result = await RunAsync(id, OnHost, Inside);
        Assert.True(result is { Verdict: IsolationVerdict.Isolated, ObservedBy: IsolationObserver.GuestReport }, $"{result.Verdict} by {result.ObservedBy}: {result.Evidence}");
    }

    [Theory]
    [InlineData("wsb.clipboard", WinesUser)] // Nothing under Wine without a screen can fill the host's.
    [InlineData("wsb.users", "S-1-5-21-7-7-7-1001")] // All Wines have the same user; this is nobody there.
    public async Task With_a_hosts_answer_that_is_made_up_the_real_guest_finds_it_closed(string id, string user)
    {
        IsolationResult result = await RunAsync(id, Says("open"), Inside, user);
        Assert.True(result is { Verdict: IsolationVerdict.Isolated, ObservedBy: IsolationObserver.GuestReport }, $"{result.Verdict} by {result.ObservedBy}: {result.Evidence}");
    }

    [Fact]
    public async Task An_empty_clipboard_of_the_host_proves_nothing()
    {
        IsolationResult result = await RunAsync("wsb.clipboard", OnHost, Inside);
        Assert.True(result.Verdict == IsolationVerdict.Inconclusive && result.Evidence.Contains("0 formats", StringComparison.Ordinal), result.Evidence);
    }

    [Fact]
    public async Task Where_nothing_can_be_played_the_audio_is_dead_and_not_isolated()
    {
        IsolationResult result = await RunAsync("wsb.audio-input", OnHost, Inside);
        Assert.True(result.Verdict == IsolationVerdict.Inconclusive, $"{result.Verdict}: {result.Evidence}");
    }

    [Fact]
    public async Task A_user_that_every_Windows_has_can_not_be_asked_for()
    {
        IsolationResult result = await RunAsync("wsb.users", OnHost, Inside, "S-1-5-18");
        Assert.True(result.Verdict == IsolationVerdict.NotApplicable, $"{result.Verdict}: {result.Evidence}");
    }

    private static ProbeRunner Says(string outcome) => (_, _) => Task.FromResult(Encoding.UTF8.GetBytes($$"""{"outcome":"{{outcome}}","errno":0,"selfTest":true,"detail":"made up","nonce":""}""" + "\n"));

    private async Task<IsolationResult> RunAsync(string id, ProbeRunner host, ProbeRunner sandbox, string user = WinesUser)
    {
        // A file of an earlier test in the canaries' folder would be this one's.
        foreach (string file in Directory.GetFiles(machines.Canaries.SharedFolder).Where(file => Path.GetFileName(file) != "marker"))
        {
            File.Delete(file);
        }

        var shared = new SandboxMount { Source = machines.Canaries.SharedFolder, Target = WindowsCanaries.SharedInside };
        var context = new InstanceContext
        {
            Specification = new SandboxSpecification { Backend = "WindowsSandbox", Network = NetworkMode.None, Mounts = [shared] },
            Defaults = new SandboxSpecification { Backend = "WindowsSandbox", Network = NetworkMode.None },
            ConfigurationText = $"<Configuration>{Switches}<MappedFolders><MappedFolder><HostFolder>{shared.Source}</HostFolder><SandboxFolder>{shared.Target}</SandboxFolder><ReadOnly>true</ReadOnly></MappedFolder></MappedFolders></Configuration>",
            Canaries = machines.Canaries,
            UserSid = user,
            StateFolder = "/none",
            Host = host,
            Sandbox = sandbox,
        };
        return await IsolationRun.RunAsync("test", Assert.Single(ProbeRegistry.Create([id])), context, CancellationToken.None);
    }
}
