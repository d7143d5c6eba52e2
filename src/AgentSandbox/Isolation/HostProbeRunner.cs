using System.Diagnostics;

namespace AgentSandbox.Isolation;

/// <summary>Runs the guest's half of a probe outside of every sandbox: the control that shows that the attempt succeeds where nothing stops it.</summary>
internal static class HostProbeRunner
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    /// <summary>Makes a runner.</summary>
    /// <param name="prefix">The guest program and what comes before its verb's arguments; tests put a launcher before it.</param>
    /// <returns>The runner.</returns>
    public static ProbeRunner For(params string[] prefix) => (arguments, cancellationToken) => RunAsync([.. prefix, "probe", .. arguments], cancellationToken);

    private static async Task<byte[]> RunAsync(string[] command, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(s_patience);
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardInput = true, WorkingDirectory = "/" }; // Windows: the root of the drive
        using Process process = Process.Start(start) ?? throw new ProbeFailedException($"{command[0]} did not start.");
        try
        {
            process.StandardInput.Close();
            byte[] output = await ReadBoundedAsync(process.StandardOutput.BaseStream, deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            return output;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ProbeFailedException($"The probe took more than {s_patience.TotalSeconds} s.");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    /// <summary>Reads a probe's output to its end.</summary>
    /// <param name="output">The output.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The bytes.</returns>
    /// <exception cref="ProbeFailedException">There are more than an answer may have.</exception>
    public static async Task<byte[]> ReadBoundedAsync(Stream output, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[ProbeAnswer.MaxBytes + 1];
        int count = await output.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return count <= ProbeAnswer.MaxBytes ? buffer[..count] : throw new ProbeFailedException($"The probe wrote more than {ProbeAnswer.MaxBytes} bytes.");
    }
}
