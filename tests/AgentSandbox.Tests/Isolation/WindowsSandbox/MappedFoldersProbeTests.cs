using AgentSandbox.Isolation;
using static AgentSandbox.Tests.Isolation.WindowsSandbox.StandInInstance;

namespace AgentSandbox.Tests.Isolation.WindowsSandbox;

/// <summary>The folders of an instance: what it was started with, and what it can do with one that is read-only.</summary>
public sealed class MappedFoldersProbeTests : IDisposable
{
    private const string Id = "wsb.mapped-folders";

    private readonly StandInInstance _instance = new();

    public MappedFoldersProbeTests()
    {
        _instance.OnHost = arguments => Write(arguments, _instance.Canaries.SharedFolder);
        _instance.Inside = _ => Answer("closed", nonce: _instance.Canaries.SharedSecret);
    }

    public void Dispose() => _instance.Dispose();

    [Fact]
    public async Task The_specifications_folders_and_our_own_are_as_they_should_be()
    {
        _instance.Specification = _instance.Specification with { Mounts = [new SandboxMount { Source = @"D:\src\", Target = @"C:\work", ReadOnly = false }] };
        _instance.Folders.Add((@"d:\src", @"c:\Work\", false));
        IsolationResult result = await _instance.RunAsync(Id);
        Assert.True(result is { Verdict: IsolationVerdict.Isolated, ObservedBy: IsolationObserver.GuestReport }, result.Evidence);
        Assert.Contains("5 mapped folders", result.Evidence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(@"C:\Users\me", @"C:\work", true)] // nobody asked for it
    [InlineData(@"D:\src", @"C:\work", false)] // asked for, but read-only
    [InlineData(@"D:\src", @"C:\elsewhere", true)]
    [InlineData(@"D:\src2", @"C:\work", true)]
    [InlineData("/state/a/down2", @"C:\agentsandbox\down", false)] // ours must be read-only
    [InlineData("/state/a/program", @"C:\agentsandbox\program", false)]
    [InlineData("/state/../home/me", @"C:\agentsandbox\down", true)] // and from our own folder
    [InlineData("/states", @"C:\agentsandbox\up", false)]
    [InlineData("/state/a/x", @"C:\agentsandbox\x", true)]
    [InlineData("/state/a/x", "", true)] // the desktop
    public async Task Any_other_folder_is_an_opening_that_the_host_knows_of(string host, string inside, bool readOnly)
    {
        _instance.Specification = _instance.Specification with { Mounts = [new SandboxMount { Source = @"D:\src", Target = @"C:\work" }] };
        _instance.Folders.Add((host, inside, readOnly));
        IsolationResult result = await _instance.RunAsync(Id);
        Assert.True(result is { Verdict: IsolationVerdict.Exposed, ObservedBy: IsolationObserver.Host }, result.Evidence);
        Assert.Contains(host, result.Evidence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_arrives_in_a_read_only_folder_the_host_sees()
    {
        _instance.Inside = arguments =>
        {
            Write(arguments, _instance.Canaries.SharedFolder);
            return Answer("closed", nonce: _instance.Canaries.SharedSecret); // and lies
        };
        IsolationResult result = await _instance.RunAsync(Id);
        Assert.True(result is { Verdict: IsolationVerdict.Exposed, ObservedBy: IsolationObserver.Host }, result.Evidence);
    }

    [Fact]
    public async Task A_guest_that_claims_to_have_written_needs_proof()
    {
        _instance.Inside = _ => Answer("open", nonce: _instance.Canaries.SharedSecret);
        Assert.Equal(IsolationVerdict.Inconclusive, (await _instance.RunAsync(Id)).Verdict);
    }

    [Fact]
    public async Task A_folder_that_is_not_there_can_not_be_called_read_only()
    {
        _instance.Inside = _ => Answer("closed");
        Assert.Equal(IsolationVerdict.Inconclusive, (await _instance.RunAsync(Id)).Verdict);
    }

    [Fact]
    public async Task Where_the_host_itself_can_not_write_nothing_is_proved()
    {
        _instance.OnHost = _ => Answer("open", nonce: _instance.Canaries.SharedSecret);
        Assert.Equal(IsolationVerdict.Inconclusive, (await _instance.RunAsync(Id)).Verdict);
    }

    private string Write(IReadOnlyList<string> arguments, string folder)
    {
        File.WriteAllText(Path.Combine(folder, arguments[2]), "");
        return Answer("open", nonce: _instance.Canaries.SharedSecret);
    }
}
