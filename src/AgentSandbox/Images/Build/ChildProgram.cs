using System.ComponentModel;
using System.Diagnostics;
using AgentSandbox.Copying.Files;

namespace AgentSandbox.Images.Build;

/// <summary>
/// A program of the machine that helps to make an image: tar, xz, zstd, mmdebstrap. Started without a shell, with C as its language, with the end of
/// what it writes on standard error kept for the error message, and ended with all its children on disposal.
/// </summary>
internal sealed class ChildProgram : IDisposable
{
    private const int ErrorLines = 20;

    private readonly Process _process;
    private readonly Queue<string> _errors = new();
    private readonly Task _reading;

    private ChildProgram(Process process, Action<string>? line)
    {
        _process = process;
        _reading = Task.Run(async () =>
        {
            while (await process.StandardError.ReadLineAsync() is string text)
            {
                string shown = DisplayText.Of(text);
                lock (_errors)
                {
                    _errors.Enqueue(shown);
                    if (_errors.Count > ErrorLines)
                    {
                        _errors.Dequeue();
                    }
                }

                line?.Invoke(shown);
            }
        });
    }

    /// <summary>What the program writes on standard output.</summary>
    public Stream Output => _process.StandardOutput.BaseStream;

    /// <summary>The last lines on standard error.</summary>
    public string Errors
    {
        get
        {
            lock (_errors)
            {
                return string.Join('\n', _errors);
            }
        }
    }

    /// <summary>Starts a program.</summary>
    /// <param name="program">Its name, found in PATH.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="package">Debian's package that holds it.</param>
    /// <param name="line">Told each line on standard error.</param>
    /// <param name="input">What it reads on standard input; nothing when null. Stays the caller's.</param>
    /// <returns>The running program.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ImageBuildFailed"/>: it is not installed.</exception>
    public static ChildProgram Start(string program, IEnumerable<string> arguments, string package, Action<string>? line = null, Stream? input = null)
    {
        RequireInstalled(program, package);
        ProcessStartInfo info = new(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        info.Environment["LC_ALL"] = "C.UTF-8";

        try
        {
            Process process = Process.Start(info)!;
            _ = FeedAsync(process.StandardInput.BaseStream, input ?? Stream.Null);
            return new ChildProgram(process, line);
        }
        catch (Win32Exception e)
        {
            throw new SandboxException(SandboxErrorId.ImageBuildFailed, $"'{program}' can't be started: {e.Message}", $"apt-get install {package}", program, e);
        }
    }

    /// <summary>Throws when a program is not there.</summary>
    /// <param name="program">Its name.</param>
    /// <param name="package">Debian's package that holds it.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ImageBuildFailed"/>.</exception>
    public static void RequireInstalled(string program, string package)
    {
        string path = Environment.GetEnvironmentVariable("PATH") ?? "/usr/sbin:/usr/bin:/sbin:/bin";
        if (!path.Split(':').Any(folder => folder.StartsWith('/') && File.Exists(Path.Combine(folder, program))))
        {
            throw new SandboxException(SandboxErrorId.ImageBuildFailed, $"'{program}' is needed and not installed.", $"apt-get install {package}", program);
        }
    }

    /// <summary>Waits for the end.</summary>
    /// <param name="cancellationToken">Cancels the waiting.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> WaitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        await _reading.WaitAsync(cancellationToken);
        return _process.ExitCode;
    }

    private static async Task FeedAsync(Stream standardInput, Stream input)
    {
        try
        {
            await using (standardInput)
            {
                await input.CopyToAsync(standardInput);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The program ended before it read everything: its exit code says whether that is well.
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }
}
