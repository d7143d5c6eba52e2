using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace AgentSandbox.IntegrationTests.CommandLine;

/// <summary>The real program <c>agentsandbox</c>, as a shell would run it, over a state folder of its own that is empty again at the end.</summary>
public sealed partial class CommandLineProgram : IAsyncDisposable
{
    // Long enough for a loaded machine; reached only by a defect, which it turns into a failure instead of a hanging run.
    private static readonly TimeSpan s_hang = TimeSpan.FromMinutes(3);

    private readonly string _home = Directory.CreateTempSubdirectory("asb-cli-").FullName;

    /// <summary>Path of the program that the build made.</summary>
    public static string Path { get; } = System.IO.Path.Combine(Programs.Folder, "agentsandbox");

    /// <summary>The private state folder.</summary>
    public string Home => _home;

    /// <summary>Runs the program to its end.</summary>
    /// <param name="args">Its arguments.</param>
    /// <returns>What it wrote and its exit code.</returns>
    public Task<ProgramResult> RunAsync(params string[] args) => RunWithInputAsync(null, args);

    /// <summary>Runs the program to its end.</summary>
    /// <param name="input">Its standard input; empty when null.</param>
    /// <param name="args">Its arguments.</param>
    /// <returns>What it wrote and its exit code.</returns>
    public async Task<ProgramResult> RunWithInputAsync(byte[]? input, params string[] args)
    {
        using Process process = Start(args);
        Task<byte[]> output = ReadAsync(process.StandardOutput.BaseStream);
        Task<byte[]> error = ReadAsync(process.StandardError.BaseStream);
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input ?? []);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The program ended without reading its input; what it did instead is what the test looks at.
        }

        await WaitAsync(process);
        return new ProgramResult(process.ExitCode, await output, await error);
    }

    /// <summary>Runs the program, which has to succeed.</summary>
    /// <param name="args">Its arguments.</param>
    /// <returns>Its standard output, without the last end of line.</returns>
    public async Task<string> OkAsync(params string[] args)
    {
        ProgramResult result = await RunAsync(args);
        Xunit.Assert.True(result.ExitCode == 0, $"agentsandbox {string.Join(' ', args)}: exit code {result.ExitCode}, {result.ErrorText}");
        return result.OutputText.TrimEnd('\n');
    }

    /// <summary>Runs the program, which has to succeed, and reads its JSON.</summary>
    /// <param name="args">Its arguments.</param>
    /// <returns>The JSON.</returns>
    public async Task<JsonElement> JsonAsync(params string[] args) => JsonDocument.Parse(await OkAsync(args)).RootElement;

    /// <summary>Starts the program.</summary>
    /// <param name="args">Its arguments.</param>
    /// <returns>The process, all streams redirected.</returns>
    public Process Start(params string[] args)
    {
        var start = new ProcessStartInfo(Path, args) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["AGENTSANDBOX_HOME"] = _home;
        return Process.Start(start)!;
    }

    /// <summary>Runs a line of bash in which <c>$agentsandbox</c> is the program.</summary>
    /// <param name="line">The line.</param>
    /// <returns>What it wrote and its exit code.</returns>
    public async Task<ProgramResult> BashAsync(string line)
    {
        var start = new ProcessStartInfo("bash", ["-c", line]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["AGENTSANDBOX_HOME"] = _home;
        start.Environment["agentsandbox"] = Path;
        using Process process = Process.Start(start)!;
        Task<byte[]> output = ReadAsync(process.StandardOutput.BaseStream);
        Task<byte[]> error = ReadAsync(process.StandardError.BaseStream);
        await WaitAsync(process);
        return new ProgramResult(process.ExitCode, await output, await error);
    }

    /// <summary>Sends a signal.</summary>
    /// <param name="process">The process.</param>
    /// <param name="signal">Number of the signal.</param>
    public static void Signal(Process process, int signal) => Xunit.Assert.Equal(0, Kill(process.Id, signal));

    /// <summary>Waits for the end.</summary>
    /// <param name="process">The process.</param>
    /// <returns>A task that completes then.</returns>
    public static async Task WaitAsync(Process process)
    {
        using var hang = new CancellationTokenSource(s_hang);
        try
        {
            await process.WaitForExitAsync(hang.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{process.StartInfo.FileName} {string.Join(' ', process.StartInfo.ArgumentList)} hangs.");
        }
    }

    /// <summary>Reads a stream to its end.</summary>
    /// <param name="stream">The stream.</param>
    /// <returns>Its bytes.</returns>
    public static async Task<byte[]> ReadAsync(Stream stream)
    {
        using var buffer = new MemoryStream();
        await stream.CopyToAsync(buffer);
        return buffer.ToArray();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        string[] names = [.. (await JsonAsync("list", "--json")).EnumerateArray().Select(s => s.GetProperty("Name").GetString()!)];
        if (names.Length > 0)
        {
            await OkAsync(["remove", .. names]);
        }

        Directory.Delete(_home, recursive: true);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}

/// <summary>How a run of the program ended.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">Bytes on standard output.</param>
/// <param name="Error">Bytes on standard error.</param>
public sealed record ProgramResult(int ExitCode, byte[] Output, byte[] Error)
{
    /// <summary>Standard output as UTF-8.</summary>
    public string OutputText => System.Text.Encoding.UTF8.GetString(Output);

    /// <summary>Standard error as UTF-8.</summary>
    public string ErrorText => System.Text.Encoding.UTF8.GetString(Error);
}
