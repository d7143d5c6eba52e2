using System.Globalization;
using AgentSandbox.Backends.Docker.Engine;
using AgentSandbox.Backends.Docker.Engine.Model;

namespace AgentSandbox.Backends.Docker.Windows;

/// <summary>Ends what an exec has started. The engine has no call for it, so the image's own <c>taskkill</c> does it; failing that, the whole container is stopped.</summary>
/// <param name="engine">The engine.</param>
/// <param name="forget">Told that a container was stopped.</param>
internal sealed class ExecEnder(IDockerEngine engine, Action<string> forget)
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(10);

    /// <summary>Ends a process and its children, by force and as the container's administrator.</summary>
    /// <param name="process">The process.</param>
    /// <returns>False when that can't be done in this container; true says that it was tried, not that it has ended.</returns>
    /// <exception cref="SandboxException">The engine does not answer.</exception>
    public async Task<bool> TryEndTreeAsync(ExecProcess process)
    {
        try
        {
            // Windows uses ids again: one that is free may be another command's by now.
            if (!await process.IsRunningAsync())
            {
                return true;
            }

            string[] line = [WindowsPrograms.TaskKill, "/T", "/F", "/PID", process.ProcessId.ToString(CultureInfo.InvariantCulture)];
            var request = new ExecCreate { Cmd = line, User = WindowsPrograms.Administrator, WorkingDir = WindowsPrograms.Folder };
            using var deadline = new CancellationTokenSource(s_timeout);
            ExecProcess killer = await ExecProcess.StartAsync(engine, process.ContainerId, request, new CommandSpecification { Arguments = line }, deadline.Token);
            using (killer.Streams)
            {
                await killer.WaitAsync(deadline.Token); // It writes a line for each process, which no pipe of the engine's is too small for.
            }

            return true;
        }
        catch (SandboxException e) when (e.ErrorId != SandboxErrorId.EngineUnreachable)
        {
            return false; // The image has no taskkill, or it can't be started any more: the container is stopped instead.
        }
        catch (Exception e) when (e is OperationCanceledException or DockerEngineException)
        {
            return false; // It hangs, or the container takes no commands any more: as above.
        }
    }

    /// <summary>Ends everything in a container at once.</summary>
    /// <param name="containerId">The container.</param>
    /// <returns>A task that completes when it has stopped.</returns>
    public async Task StopContainerAsync(string containerId)
    {
        try
        {
            await engine.StopContainerAsync(containerId, TimeSpan.Zero, CancellationToken.None);
        }
        catch (DockerEngineException e) when (e.StatusCode == 404)
        {
            // Gone already: nothing runs in it.
        }

        forget(containerId);
    }
}
