using AgentSandbox.Protocol;
using AgentSandbox.State;

namespace AgentSandbox.Processes;

/// <summary>The command that a holder holds, and what it keeps of it.</summary>
internal sealed class HeldProcess : IAsyncDisposable
{
    private const int SigKill = 9;

    private readonly SandboxManager _manager;
    private readonly HolderRequest _request;
    private readonly SandboxCommand _command;
    private readonly ProcessFolder _folder;
    private readonly FileLock _lock;
    private readonly OutputSpool _spool;
    private readonly DateTimeOffset _started = DateTimeOffset.UtcNow;
    private volatile bool _stopped;
    private volatile string? _outputProblem;

    private HeldProcess(SandboxManager manager, HolderRequest request, SandboxCommand command, ProcessFolder folder, FileLock held)
    {
        _manager = manager;
        _request = request;
        _command = command;
        _folder = folder;
        _lock = held;
        _spool = new OutputSpool(folder.Path);
    }

    /// <summary>Its number.</summary>
    public int Id => _folder.Id;

    /// <summary>Starts the command, then puts it on record: a command that can't be started leaves nothing.</summary>
    /// <param name="manager">Knows the sandbox.</param>
    /// <param name="request">What is to be run.</param>
    /// <exception cref="SandboxException">It could not be started.</exception>
    public static async Task<HeldProcess> StartAsync(SandboxManager manager, HolderRequest request)
    {
        SandboxCommand command = await manager.StartCommandAsync(request.SandboxId, request.ToCommand());
        try
        {
            ProcessFolder folder = ProcessFolder.Create(manager.Home, request.SandboxId);
            try
            {
                FileLock held = FileLock.TryTake(folder.Lock) ?? throw new InvalidOperationException("A new process has one holder.");
                return new HeldProcess(manager, request, command, folder, held);
            }
            catch
            {
                folder.Delete();
                throw;
            }
        }
        catch
        {
            await command.DisposeAsync();
            throw;
        }
    }

    /// <summary>From now on others see it.</summary>
    public void Publish() => Write(new ProcessStatus { State = SandboxProcessState.Running, Command = _request.Display, StartTime = _started, HolderId = Environment.ProcessId });

    /// <summary>Ends the command with all that it started; the holder ends when that is done. Called by signal handlers, more than once perhaps.</summary>
    /// <param name="atOnce">Without a chance to end by itself.</param>
    public void Stop(bool atOnce)
    {
        _stopped = true;
        _ = Task.Run(async () =>
        {
            try
            {
                await (atOnce ? _command.SignalAsync(SigKill, SignalScope.All) : _command.StopAsync());
            }
            catch (Exception e) when (e is SandboxException or IOException or ObjectDisposedException)
            {
                // It has ended meanwhile, or the connection broke: how, its completion says.
            }
        });
    }

    /// <summary>Keeps what it writes until it has ended, and how it did.</summary>
    public async Task RunToEndAsync()
    {
        Task output = KeepAsync(_command.StandardOutput, isError: false), error = KeepAsync(_command.StandardError, isError: true);
        ProcessStatus end = new() { State = SandboxProcessState.Lost, Command = _request.Display, StartTime = _started };
        bool connected = true;
        try
        {
            CommandExit exit = await _command.Completion;
            await Task.WhenAll(output, error);
            end = end with
            {
                State = _stopped ? SandboxProcessState.Stopped : SandboxProcessState.Exited,
                ExitCode = exit.ExitCode,
                ExitTime = DateTimeOffset.UtcNow,
                Reason = exit.TimedOut ? "It ran into its time-out." : exit.Truncated ? "Output is missing: a process that it left behind kept its output open." : null,
            };
        }
        catch (Exception e) when (e is SandboxException or IOException)
        {
            connected = false;
            end = end with { Reason = e.Message };
        }

        Write(end with { Reason = string.Join(' ', new[] { end.Reason, _outputProblem }.OfType<string>()) is { Length: > 0 } reason ? reason : null });
        if (!connected && IsSandboxGone())
        {
            _folder.Delete();
            DeleteIfEmpty(Path.GetDirectoryName(_folder.Path)!);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _command.DisposeAsync();
        _spool.Dispose();
        _lock.Dispose();
    }

    /// <summary>Reads to the end whatever happens to the disk: a command must not stand still because its output can't be kept.</summary>
    private async Task KeepAsync(Stream stream, bool isError)
    {
        byte[] buffer = new byte[OutputSpool.MaxRecord];
        int count;
        while ((count = await stream.ReadAsync(buffer)) > 0)
        {
            try
            {
                _spool.Append(isError, buffer.AsSpan(0, count));
            }
            catch (IOException e)
            {
                _outputProblem ??= $"Output is missing, it could not be kept: {e.Message}";
            }
        }
    }

    private void Write(ProcessStatus status)
    {
        try
        {
            StateFile.Write(_folder.Status, status, ProcessJson.Default.ProcessStatus);
        }
        catch (DirectoryNotFoundException)
        {
            // The sandbox has been removed, and all that was known of it.
        }
    }

    private bool IsSandboxGone()
    {
        try
        {
            _ = _manager.Get(_request.SandboxId);
            return false;
        }
        catch (SandboxException e)
        {
            return e.ErrorId is SandboxErrorId.SandboxNotFound or SandboxErrorId.RootRequired; // One that can't be asked may have it still.
        }
    }

    private static void DeleteIfEmpty(string folder)
    {
        try
        {
            Directory.Delete(folder);
        }
        catch (IOException)
        {
            // Others are in it, or it is gone.
        }
    }
}
