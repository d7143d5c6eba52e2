using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace AgentSandbox.Backends.WindowsSandbox.Cli;

/// <summary>How a program ended and what it wrote; the two streams are never mixed.</summary>
/// <param name="ExitCode">Its exit code, which may be an HRESULT.</param>
/// <param name="StandardOutput">At most <see cref="ProgramRunner.MaxOutput"/> characters.</param>
/// <param name="StandardError">As above.</param>
internal sealed record ProgramResult(int ExitCode, string StandardOutput, string StandardError);

/// <summary>A program could not be run.</summary>
internal sealed class ProgramException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>Runs programs to their end. A seam for tests.</summary>
internal interface IProgramRunner
{
    /// <summary>Runs a program.</summary>
    /// <param name="program">Its absolute path.</param>
    /// <param name="arguments">Its arguments, each as it is.</param>
    /// <param name="timeout">It is ended when it takes longer; null is no bound.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>How it ended.</returns>
    /// <exception cref="TimeoutException">It took too long.</exception>
    /// <exception cref="ProgramException">It could not be started, or wrote more than anybody reads.</exception>
    Task<ProgramResult> RunAsync(string program, IReadOnlyList<string> arguments, TimeSpan? timeout, CancellationToken cancellationToken);
}

/// <summary>The real one.</summary>
internal sealed class ProgramRunner : IProgramRunner
{
    /// <summary>Most characters that one stream may have.</summary>
    public const int MaxOutput = 1 << 20;

    /// <inheritdoc/>
    public async Task<ProgramResult> RunAsync(string program, IReadOnlyList<string> arguments, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            CreateNoWindow = true,
            WorkingDirectory = Path.GetDirectoryName(program)!,
        };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Start(start);
        process.StandardInput.Close();
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (timeout is { } time)
        {
            bound.CancelAfter(time);
        }

        try
        {
            Task<string> output = ReadAsync(process.StandardOutput, bound.Token);
            Task<string> errors = ReadAsync(process.StandardError, bound.Token);
            await process.WaitForExitAsync(bound.Token);
            return new ProgramResult(process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException(string.Create(CultureInfo.InvariantCulture, $"'{Path.GetFileName(program)} {arguments[0]}' did not end within {timeout!.Value.TotalSeconds:0.#} s."));
        }
        finally
        {
            End(process);
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            // What runs long must not hold the handles of who reads this program's output.
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

    private static void End(Process process)
    {
        try
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It ended by itself meanwhile, which is what was wanted.
        }
    }

    private static async Task<string> ReadAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        char[] buffer = new char[4096];
        int count;
        while ((count = await reader.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if (text.Length + count > MaxOutput)
            {
                throw new ProgramException("It wrote more than anybody reads.");
            }

            text.Append(buffer, 0, count);
        }

        return text.ToString();
    }
}
