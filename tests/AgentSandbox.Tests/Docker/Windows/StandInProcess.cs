using System.Text;
using AgentSandbox.Backends.Docker.Engine.Model;
using AgentSandbox.Tests.Docker.StandIn;

namespace AgentSandbox.Tests.Docker.Windows;

/// <summary>A program of the stand-in's image: gets its process, returns the exit code.</summary>
internal delegate Task<long> StandInProgram(StandInProcess process);

/// <summary>An exec in a container of the stand-in.</summary>
internal sealed class StandInProcess(StandInContainer container, ExecCreate request, int pid) : IDisposable
{
    private readonly CancellationTokenSource _kill = new();
    private StandInConnection? _connection;

    public StandInContainer Container => container;

    public ExecCreate Request => request;

    public int Pid { get; private set; }

    public bool Running { get; private set; }

    public long? ExitCode { get; private set; }

    public CancellationToken Killed => _kill.Token;

    public IReadOnlyList<string> Arguments => [.. request.Cmd.Skip(1)];

    public string? Variable(string name) => request.Env?.FirstOrDefault(v => v.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..];

    public Task OutAsync(byte[] bytes) => _connection!.FrameAsync(1, bytes);

    public Task OutAsync(string text) => OutAsync(Encoding.UTF8.GetBytes(text));

    public Task ErrorAsync(string text) => _connection!.FrameAsync(2, Encoding.UTF8.GetBytes(text));

    public ValueTask<int> ReadAsync(Memory<byte> buffer) => _connection!.ReadAsync(buffer);

    public Task<byte[]> ReadToEndAsync() => _connection!.ReadToEndAsync();

    public Task KilledAsync() => Task.Delay(Timeout.Infinite, _kill.Token).ContinueWith(static _ => { }, TaskScheduler.Default);

    public void Kill() => _kill.Cancel();

    public void Dispose() => _kill.Dispose();

    /// <summary>What an engine does: it answers, and starts afterwards.</summary>
    public async Task RunAsync(StandInConnection connection, StandInProgram? program)
    {
        _connection = connection;
        Running = true;
        await connection.HijackAsync();
        if (program is null)
        {
            await OutAsync($"hcs::System::CreateProcess {container.Id}: The system cannot find the file specified. (0x2): unknown\r\n");
            ExitCode = 127;
            Running = false;
            return;
        }

        Pid = pid;
        try
        {
            long code = await program(this);
            ExitCode = Killed.IsCancellationRequested ? 1 : code;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            ExitCode = 1; // The client has gone.
        }

        Running = false;
    }
}
