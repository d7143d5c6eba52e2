using System.Diagnostics;
using System.Reflection;
using AgentSandbox.Connection;
using AgentSandbox.Connection.FileChannel;
using AgentSandbox.IntegrationTests.Wine;

namespace AgentSandbox.IntegrationTests.WindowsGuest;

/// <summary>The Windows guest serving two folders under Wine, and a connection to it through the library.</summary>
internal sealed class WineGuest : IAsyncDisposable
{
    /// <summary>A variable that only the guest has.</summary>
    public const string OwnVariable = "THE_GUESTS_OWN";

    /// <summary>Wine's loader wants its mscoree.dll for an assembly without native code, which the machine's own setting takes away.</summary>
    private static readonly Dictionary<string, string> s_environment = new() { ["WINEDLLOVERRIDES"] = "winedbg.exe=d;mshtml=", [OwnVariable] = "x" };

    private static readonly TimeSpan s_start = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("agentsandbox-wine-guest-").FullName;
    private readonly Process _process;
    private readonly Task<string> _errors;

    private WineGuest(WineMachine machine, params string[] more)
    {
        Directory.CreateDirectory(Down);
        Directory.CreateDirectory(Up);
        string program = Path.Combine(WineFolder, "windows-guest", "agentsandbox-guest.exe");
        _process = machine.Start(program, ["serve", "--down", WineMachine.WindowsPath(Down), "--up", WineMachine.WindowsPath(Up), .. more], s_environment);
        _errors = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>What the build published for Wine.</summary>
    public static string WineFolder { get; } =
        typeof(WineGuest).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "WineFolder").Value!;

    /// <summary>The test program as a program in Wine names it.</summary>
    public static string TestProgram { get; } = WineMachine.WindowsPath(Path.Combine(WineFolder, "test-program", "test-program.exe"));

    public GuestConnection Connection { get; private set; } = null!;

    public string Down => Path.Combine(_folder, "down");

    public string Up => Path.Combine(_folder, "up");

    public static async Task<WineGuest> StartAsync(WineMachine machine, params string[] more)
    {
        var guest = new WineGuest(machine, more);
        try
        {
            guest.Connection = await guest.ConnectAsync();
            return guest;
        }
        catch (Exception e)
        {
            guest._process.Kill();
            string errors = await guest._errors;
            await guest.DisposeAsync();
            throw new InvalidOperationException($"The Windows guest does not answer under Wine; it says: {errors}", e);
        }
    }

    /// <summary>Another connection.</summary>
    public async Task<GuestConnection> ConnectAsync()
    {
        using var time = new CancellationTokenSource(s_start);
        FileChannelStream stream = await FileChannelHost.ConnectAsync(Down, Up, time.Token);
        return await GuestConnection.OpenAsync(stream, time.Token);
    }

    public Task<CommandResult> RunAsync(params string[] arguments) => RunAsync(new CommandSpecification { Arguments = arguments });

    public async Task<CommandResult> RunAsync(CommandSpecification command, byte[]? input = null)
    {
        await using SandboxCommand started = await Connection.StartAsync(command with { StandardInput = input is not null }, CancellationToken.None);
        return await CommandCapture.RunAsync(started, input is null ? null : new MemoryStream(input), CancellationToken.None).WaitAsync(TimeSpan.FromMinutes(3));
    }

    /// <summary>Kills the guest as a crash would.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public Task WaitForExitAsync(TimeSpan time) => _process.WaitForExitAsync().WaitAsync(time);

    public async ValueTask DisposeAsync()
    {
        if (Connection is not null)
        {
            await Connection.DisposeAsync();
        }

        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
