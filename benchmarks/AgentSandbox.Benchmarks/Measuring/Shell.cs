using System.Diagnostics;

namespace AgentSandbox.Benchmarks.Measuring;

/// <summary>Runs other programs.</summary>
internal static class Shell
{
    /// <summary>Runs a program that has to succeed; what it writes is thrown away.</summary>
    /// <param name="program">The program.</param>
    /// <param name="args">Its arguments.</param>
    /// <returns>A task that completes at its end.</returns>
    public static async Task RunAsync(string program, params string[] args) => await ReadAsync(program, args);

    /// <summary>Runs a program that has to succeed.</summary>
    /// <param name="program">The program.</param>
    /// <param name="args">Its arguments.</param>
    /// <returns>What it wrote on standard output.</returns>
    public static async Task<string> ReadAsync(string program, params string[] args)
    {
        using Process process = Start(program, args);
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', args)} ended with code {process.ExitCode}: {await error}");
    }

    /// <summary>Runs a program that has to succeed and counts what it writes.</summary>
    /// <param name="program">The program.</param>
    /// <param name="args">Its arguments.</param>
    /// <returns>Bytes on standard output.</returns>
    public static async Task<long> CountAsync(string program, params string[] args)
    {
        using Process process = Start(program, args);
        Task<string> error = process.StandardError.ReadToEndAsync();
        long bytes = await CountAsync(process.StandardOutput.BaseStream);
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? bytes : throw new InvalidOperationException($"{program} {string.Join(' ', args)} ended with code {process.ExitCode}: {await error}");
    }

    /// <summary>Reads a stream to its end.</summary>
    /// <param name="stream">The stream.</param>
    /// <returns>How many bytes it had.</returns>
    public static async Task<long> CountAsync(Stream stream)
    {
        byte[] buffer = new byte[256 * 1024];
        long total = 0;
        for (int count; (count = await stream.ReadAsync(buffer)) > 0;)
        {
            total += count;
        }

        return total;
    }

    /// <summary>Finds a program on PATH.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>Its path, or null.</returns>
    public static string? Find(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    private static Process Start(string program, string[] args)
    {
        Process process = Process.Start(new ProcessStartInfo(program, args) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        process.StandardInput.Close();
        return process;
    }
}
