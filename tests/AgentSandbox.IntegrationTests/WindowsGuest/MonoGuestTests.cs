using System.Diagnostics;
using System.Reflection;
using AgentSandbox.Connection;
using AgentSandbox.Connection.FileChannel;
using AgentSandbox.Copying.Archive;

namespace AgentSandbox.IntegrationTests.WindowsGuest;

/// <summary>
/// The very program that ships, built for .NET Framework, under Mono on Linux: its libraries load, its channel and its protocol work. What calls
/// Windows can't work here and has to say so.
/// </summary>
public sealed class MonoGuestTests : IAsyncLifetime
{
    private static readonly string s_program =
        typeof(MonoGuestTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "MonoGuest").Value!;

    private readonly string _folder = Directory.CreateTempSubdirectory("agentsandbox-mono-").FullName;
    private Process _guest = null!;

    public Task InitializeAsync()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "down"));
        Directory.CreateDirectory(Path.Combine(_folder, "up"));
        _guest = Start("serve", "--down", Path.Combine(_folder, "down"), "--up", Path.Combine(_folder, "up"));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        _guest.Kill();
        await _guest.WaitForExitAsync();
        _guest.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task It_says_HELLO_and_refuses_a_command_cleanly_where_there_is_no_Windows()
    {
        await using GuestConnection connection = await ConnectAsync();
        for (int i = 0; i < 3; i++)
        {
            SandboxException error = await Assert.ThrowsAsync<SandboxException>(() => connection.StartAsync(new CommandSpecification { Arguments = ["cmd.exe"] }, CancellationToken.None));
            Assert.Equal(SandboxErrorId.CommandFailed, error.ErrorId);
            Assert.Contains("no Windows", error.Message, StringComparison.Ordinal);
        }

        SandboxException user = await Assert.ThrowsAsync<SandboxException>(() => connection.StartAsync(new CommandSpecification { Arguments = ["cmd.exe"], User = "somebody" }, CancellationToken.None));
        Assert.Equal(SandboxErrorId.UserNotFound, user.ErrorId);
    }

    [Fact]
    public async Task A_large_request_arrives_in_parts_and_is_read_as_one()
    {
        await using GuestConnection connection = await ConnectAsync();
        var large = new CommandSpecification { Arguments = ["cmd.exe", new string('x', 3_000_000)], User = "somebody" };
        SandboxException error = await Assert.ThrowsAsync<SandboxException>(() => connection.StartAsync(large, CancellationToken.None));
        Assert.Equal(SandboxErrorId.UserNotFound, error.ErrorId);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(70, "serve")]
    [InlineData(70, "serve", "--down", "/no such folder", "--up")]
    [InlineData(2, "probe")]
    [InlineData(CopyExitCode.Failed, "tar-create")]
    [InlineData(CopyExitCode.Failed, "tar-create", "C:\\")]
    public async Task Wrong_arguments_are_told(int exitCode, params string[] arguments)
    {
        using Process process = Start(arguments);
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(exitCode, process.ExitCode);
        Assert.NotEmpty(error);
    }

    private Process Start(params string[] arguments)
    {
        Assert.True(File.Exists("/usr/bin/mono"), "Mono is not installed: apt-get install mono-runtime libmono-system-core4.0-cil libmono-system-numerics4.0-cil");
        var start = new ProcessStartInfo("/usr/bin/mono", [s_program, .. arguments]) { RedirectStandardError = true, RedirectStandardOutput = true, WorkingDirectory = _folder };
        return Process.Start(start) ?? throw new InvalidOperationException("Process.Start returned nothing.");
    }

    private async Task<GuestConnection> ConnectAsync()
    {
        using var time = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        FileChannelStream stream = await FileChannelHost.ConnectAsync(Path.Combine(_folder, "down"), Path.Combine(_folder, "up"), time.Token);
        return await GuestConnection.OpenAsync(stream, time.Token);
    }
}
