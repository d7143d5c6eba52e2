
namespace AgentSandbox.IntegrationTests.CommandLine;

/// <summary>One nspawn and one chroot sandbox that the tests of a class share.</summary>
public sealed class SandboxFixture : IAsyncLifetime
{
    /// <summary>The program.</summary>
    public CommandLineProgram Program { get; } = new();

    /// <summary>Name of the nspawn sandbox.</summary>
    public const string Nspawn = "box";

    /// <summary>Name of the chroot sandbox.</summary>
    public const string Chroot = "jail";

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        Assert.Equal(Nspawn, await Program.OkAsync("create", Nspawn, "--backend", "nspawn"));
        Assert.Equal(Chroot, await Program.OkAsync("create", Chroot, "--backend", "CHROOT", "--quiet"));
    }

    /// <inheritdoc/>
    public async Task DisposeAsync() => await Program.DisposeAsync();
}
