using System.Diagnostics;
using System.Text.Json;
using AgentSandbox.Backends;
using AgentSandbox.Connection;
using AgentSandbox.State;

namespace AgentSandbox.Processes;

/// <summary>Starts holders.</summary>
internal static class HolderLauncher
{
    /// <summary>Starts a command that this process need not outlive.</summary>
    /// <param name="home">The state folder.</param>
    /// <param name="request">The command.</param>
    /// <param name="name">The sandbox's name, for errors.</param>
    /// <param name="cancellationToken">Ends the holder while it is still starting.</param>
    /// <returns>The process's number.</returns>
    /// <exception cref="SandboxException">It could not be started.</exception>
    public static async Task<int> StartAsync(SandboxHome home, HolderRequest request, string name, CancellationToken cancellationToken)
    {
        using Process holder = Process.Start(DetachedProgram.StartInfo(home, [ProcessHolder.Verb], SandboxPrograms.EnvironmentVariable)) ?? throw new InvalidOperationException("Process.Start returned nothing.");
        try
        {
            Task<string> errors = holder.StandardError.ReadToEndAsync(cancellationToken);
            await WriteAsync(holder, request, cancellationToken);
            if (await holder.StandardOutput.ReadLineAsync(cancellationToken) is not { } line)
            {
                throw new SandboxException(SandboxErrorId.StartFailed, $"What holds the process ended before that ran. {GuestText.Clean((await errors).Trim())}", "Look into the system's log for why.", name);
            }

            HolderReport report = JsonSerializer.Deserialize(line, ProcessJson.Default.HolderReport)!;
            return report.ErrorId is null ? report.Id : throw new SandboxException(report.ErrorId, report.Message ?? "", report.RecommendedAction ?? "", name);
        }
        catch (OperationCanceledException)
        {
            holder.Kill(); // Its connection breaks, and with it the command ends.
            await holder.WaitForExitAsync(CancellationToken.None);
            throw;
        }
    }

    private static async Task WriteAsync(Process holder, HolderRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await JsonSerializer.SerializeAsync(holder.StandardInput.BaseStream, request, ProcessJson.Default.HolderRequest, cancellationToken);
            holder.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading all of it; why, it says itself.
        }
    }
}
