using System.ComponentModel;
using System.Diagnostics;

namespace AgentSandbox.Backends.Wsl.Cli;

/// <summary>
/// <c>wsl.exe</c> as a process. Every call has a console of its own that nobody sees, so that Ctrl+C in the user's console reaches no sandbox through it, and a
/// clean environment as far as WSL looks at it.
/// </summary>
/// <param name="path">Its path; null when it is not here.</param>
internal sealed class WslCli(string? path) : IWslCli
{
    /// <summary>Names another program to use in its place, on any operating system.</summary>
    public const string EnvironmentVariable = "AGENTSANDBOX_WSL";

    private const int MaxOutput = 4 << 20;

    /// <summary>Set for each call: its own words as UTF-8, no warnings between them.</summary>
    internal static IReadOnlyDictionary<string, string> Variables { get; } = new Dictionary<string, string> { ["WSL_UTF8"] = "1", ["WSL_DISABLE_WARNINGS"] = "1" };

    /// <summary>Taken out for each call: it would carry variables of this process into the distribution.</summary>
    internal const string SharedVariables = "WSLENV";

    /// <summary>
    /// Finds it: the one that <see cref="EnvironmentVariable"/> names, else on Windows that of the system folder. Never searched on PATH, where anybody's program of
    /// that name may be.
    /// </summary>
    /// <returns>The way to it.</returns>
    public static WslCli Find()
    {
        string? named = Environment.GetEnvironmentVariable(EnvironmentVariable);
        string? path = !string.IsNullOrEmpty(named) ? named
            : OperatingSystem.IsWindows() ? Path.Combine(Environment.SystemDirectory, "wsl.exe")
            : null;
        return new WslCli(path is not null && Path.IsPathFullyQualified(path) && File.Exists(path) ? path : null);
    }

    /// <summary>It could be here: this is Windows, or a program was named.</summary>
    public static bool IsExpected => OperatingSystem.IsWindows() || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(EnvironmentVariable));

    /// <inheritdoc/>
    public bool IsThere => path is not null;

    /// <inheritdoc/>
    public async Task<WslResult> RunAsync(IReadOnlyList<string> arguments, Stream? input, TimeSpan patience, CancellationToken cancellationToken)
    {
        using Process process = StartProcess(arguments);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(patience);
        try
        {
            Task<byte[]> output = ReadAsync(process.StandardOutput.BaseStream, deadline.Token), errors = ReadAsync(process.StandardError.BaseStream, deadline.Token);
            await FeedAsync(process, input, deadline.Token);
            await Task.WhenAll(output, errors).WaitAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            return new WslResult(process.ExitCode, await output, await errors);
        }
        catch (Exception e) when (e is OperationCanceledException or InvalidDataException)
        {
            WslProcess.Kill(process);
            cancellationToken.ThrowIfCancellationRequested();
            string what = e is InvalidDataException ? "wrote without end" : $"did not end within {patience.TotalSeconds:0} s";
            throw new SandboxException(SandboxErrorId.WslFailed, $"'wsl {string.Join(' ', arguments.Take(4))}' {what}.", "Try again; if it stays so, restart WSL: wsl --shutdown", null, e);
        }
    }

    /// <inheritdoc/>
    public IWslProcess Start(IReadOnlyList<string> arguments) => new WslProcess(StartProcess(arguments));

    /// <inheritdoc/>
    public void StartDetached(IReadOnlyList<string> arguments)
    {
        try
        {
            DetachedProcess.Start(ThePath(), arguments);
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            throw CanNotStart(e);
        }
    }

    private string ThePath() => path ?? throw new SandboxException(SandboxErrorId.WslFailed, "wsl.exe is not here.", "Install WSL: wsl --install --no-distribution");

    private Process StartProcess(IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(ThePath(), arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            CreateNoWindow = true,
            UseShellExecute = false,
        };
        foreach ((string name, string value) in Variables)
        {
            start.Environment[name] = value;
        }

        start.Environment.Remove(SharedVariables);
        try
        {
            return Process.Start(start) ?? throw new InvalidOperationException("Process.Start returned nothing.");
        }
        catch (Win32Exception e)
        {
            throw CanNotStart(e);
        }
    }

    private static SandboxException CanNotStart(Exception e) => new(SandboxErrorId.WslFailed, $"wsl.exe can't be started: {e.Message}", "Update WSL: wsl --update", null, e);

    private static async Task FeedAsync(Process process, Stream? input, CancellationToken cancellationToken)
    {
        try
        {
            if (input is not null)
            {
                await input.CopyToAsync(process.StandardInput.BaseStream, cancellationToken);
            }

            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended, or closed its input, without reading all of it: its exit code and its words say why.
        }
    }

    private static async Task<byte[]> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var all = new MemoryStream();
        byte[] buffer = new byte[16384];
        for (int n; (n = await stream.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            all.Write(buffer, 0, n);
            if (all.Length > MaxOutput)
            {
                throw new InvalidDataException("Too much output.");
            }
        }

        return all.ToArray();
    }
}
