using System.Text;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Model;

namespace AgentSandbox.Backends.Docker.Windows;

/// <summary>A process that an engine has started in a container.</summary>
/// <param name="Engine">The engine.</param>
/// <param name="ContainerId">The container.</param>
/// <param name="ExecId">The exec.</param>
/// <param name="Streams">Its streams; whoever has this disposes them.</param>
/// <param name="ProcessId">Its id in the container.</param>
internal sealed record ExecProcess(IDockerEngine Engine, string ContainerId, string ExecId, MultiplexedStream Streams, int ProcessId)
{
    private const int MaxFailureText = 4000;
    private static readonly TimeSpan s_startTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_firstLook = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan s_longestLook = TimeSpan.FromMilliseconds(250);

    /// <summary>Starts a process and waits until it runs, or has run.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="containerId">A running container.</param>
    /// <param name="request">What to start.</param>
    /// <param name="command">The same as the user gave it, for error messages.</param>
    /// <param name="cancellationToken">Cancels, up to the moment that the engine is told to start it.</param>
    /// <returns>The process.</returns>
    /// <exception cref="SandboxException">It could not be started.</exception>
    /// <exception cref="DockerEngineException">The engine refused.</exception>
    public static async Task<ExecProcess> StartAsync(IDockerEngine engine, string containerId, ExecCreate request, CommandSpecification command, CancellationToken cancellationToken)
    {
        string execId = await engine.CreateExecAsync(containerId, request, cancellationToken);
        MultiplexedStream streams = await engine.StartExecAsync(execId, cancellationToken);
        try
        {
            // The engine answers before it has started anything, and tells a failure in the place of output. What tells the two apart is the process id.
            using var deadline = new CancellationTokenSource(s_startTimeout);
            ExecInspect exec = await LookAsync(engine, execId, e => e.Pid > 0 || e.ExitCode is not null, deadline.Token);
            return exec.Pid > 0
                ? new ExecProcess(engine, containerId, execId, streams, exec.Pid)
                : throw ExecFailure.Translate(await ReadFailureAsync(streams, deadline.Token), exec.ExitCode, command);
        }
        catch (OperationCanceledException e)
        {
            streams.Dispose();
            throw new SandboxException(SandboxErrorId.GuestNotResponding, $"The engine did not start the command within {s_startTimeout.TotalSeconds:0} seconds.", "Stop and start the sandbox; look at the engine's log.", containerId, e);
        }
        catch
        {
            streams.Dispose();
            throw;
        }
    }

    /// <summary>Waits for the end.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>How it ended.</returns>
    public Task<ExecInspect> WaitAsync(CancellationToken cancellationToken) => LookAsync(Engine, ExecId, e => !e.Running, cancellationToken);

    /// <summary>Says whether it runs.</summary>
    /// <returns>False also when the engine does not know it any more.</returns>
    public async Task<bool> IsRunningAsync() => (await Engine.InspectExecAsync(ExecId, CancellationToken.None))?.Running == true;

    private static async Task<ExecInspect> LookAsync(IDockerEngine engine, string execId, Func<ExecInspect, bool> isEnough, CancellationToken cancellationToken)
    {
        for (TimeSpan pause = s_firstLook; ; pause = pause * 2 < s_longestLook ? pause * 2 : s_longestLook)
        {
            ExecInspect exec = await engine.InspectExecAsync(execId, cancellationToken)
                ?? throw new SandboxException(SandboxErrorId.GuestDisconnected, "The command is gone: its sandbox was stopped or removed.", "See with Get-AgentSandbox whether the sandbox still runs.");
            if (isEnough(exec))
            {
                return exec;
            }

            await Task.Delay(pause, cancellationToken);
        }
    }

    private static async Task<string> ReadFailureAsync(MultiplexedStream streams, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[MaxFailureText];
        int length = 0;
        try
        {
            for (int count; length < buffer.Length && (count = (await streams.ReadAsync(buffer.AsMemory(length), cancellationToken)).Count) > 0;)
            {
                length += count;
            }
        }
        catch (Exception e) when (e is DockerEngineException or SandboxException or IOException)
        {
            // That it failed is known; the words about it only make the message better. What an engine says as a system error is such words.
            return e is DockerEngineException ? e.Message : Encoding.UTF8.GetString(buffer, 0, length);
        }

        return Encoding.UTF8.GetString(buffer, 0, length);
    }
}
