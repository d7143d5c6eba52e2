using System.ComponentModel;
using System.Diagnostics;

namespace AgentSandbox.Backends.WindowsSandbox.Cli;

/// <summary>Starts the client with the window, which outlives this process. A seam for tests.</summary>
internal interface IClientLauncher
{
    /// <summary>Starts it, and looks for a moment whether it fails.</summary>
    /// <param name="program">Absolute path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="cancellationToken">Ends the looking.</param>
    /// <returns>Its exit code when it ended in that moment; null when it lives.</returns>
    /// <exception cref="ProgramException">It could not be started.</exception>
    Task<int?> LaunchAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken);
}

/// <summary>The real one.</summary>
internal sealed class ClientLauncher : IClientLauncher
{
    /// <summary>Long enough to see a client that can't connect at all; one that works is never waited for.</summary>
    private static readonly TimeSpan s_moment = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public async Task<int?> LaunchAsync(string program, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program) { UseShellExecute = false, CreateNoWindow = true, WorkingDirectory = Path.GetDirectoryName(program)! };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using Process client = Start(start);
        using var moment = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        moment.CancelAfter(s_moment);
        try
        {
            await client.WaitForExitAsync(moment.Token);
            return client.ExitCode;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            using (Native.StandardHandles.NotInherited())
            {
                return Process.Start(start) ?? throw new ProgramException($"{start.FileName} did not start.");
            }
        }
        catch (Exception e) when (e is Win32Exception or IOException or InvalidOperationException)
        {
            throw new ProgramException($"{start.FileName}: {e.Message}", e);
        }
    }
}
