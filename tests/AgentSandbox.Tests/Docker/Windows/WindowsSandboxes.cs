using AgentSandbox.State;

namespace AgentSandbox.Tests.Docker.Windows;

/// <summary>A manager of sandboxes over a stand-in engine on Windows.</summary>
internal sealed class WindowsSandboxes : IAsyncDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("hyperv-").FullName;

    public WindowsSandboxes() => Manager = NewManager();

    public StandInWindowsEngine Engine { get; } = new();

    public SandboxManager Manager { get; }

    public string Folder => _home;

    public static CancellationToken Soon => new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token;

    /// <summary>What a specification starts from.</summary>
    public static SandboxSpecification Specification => new() { Backend = "HyperV", Image = "servercore:ltsc2022" };

    /// <summary>What another process has.</summary>
    public SandboxManager NewManager() => new(new SandboxHome(_home), Engine.Http.Endpoint);

    public Task<Sandbox> CreateAsync(SandboxSpecification? specification = null) => Manager.CreateAsync(specification ?? Specification, null, Soon);

    public Task<CommandResult> RunAsync(Sandbox sandbox, params string[] arguments) => Manager.RunAsync(sandbox.Id, new CommandSpecification { Arguments = arguments }, null, Soon);

    public StandInContainer Container(Sandbox sandbox) => Engine.Containers.Values.Single(c => c.Id.StartsWith(sandbox.Id, StringComparison.Ordinal));

    /// <summary>Waits for what another task brings about.</summary>
    public static async Task UntilAsync(Func<bool> isSo)
    {
        CancellationToken soon = Soon;
        while (!isSo())
        {
            await Task.Delay(10, soon);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!Directory.Exists(_home))
        {
            return; // xunit may dispose of a test in both of its ways.
        }

        await Manager.DisposeAsync();
        await Engine.DisposeAsync();
        Directory.Delete(_home, recursive: true);
        Assert.Empty(Engine.Http.Failures);
    }
}
