using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace AgentSandbox.IntegrationTests.Wine;

/// <summary>The tests that share one <see cref="WineMachine"/>: making one takes ten seconds and half a gigabyte.</summary>
[CollectionDefinition(Name)]
[SuppressMessage("Naming", "CA1711:Identifiers should not have incorrect suffix", Justification = "It is a collection, as xunit has them.")]
public sealed class WineCollection : ICollectionFixture<WineMachine>
{
    /// <summary>Name of the collection.</summary>
    public const string Name = "Wine";
}

/// <summary>
/// A "Windows machine" of its own: a Wine prefix in a temporary folder, without a screen. It is the nearest that this product's Windows programs come to
/// Windows here; what Wine does not show is said in docs/windows.md. A machine without Wine fails the tests.
/// </summary>
public sealed class WineMachine : IAsyncLifetime
{
    /// <summary>Debian has a script called wine beside the program, which complains on standard error that there is no 32-bit Wine.</summary>
    private static readonly string[] s_loaders = ["/usr/lib/wine/wine64", "/usr/bin/wine64", "/usr/bin/wine"];

    private static readonly TimeSpan s_bootTime = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan s_endTime = TimeSpan.FromSeconds(30);

    /// <summary>Folder of this machine on the host: the prefix, and the home that Wine's links lead to.</summary>
    public string Folder { get; } = Path.Combine(Path.GetTempPath(), $"agentsandbox-wine-{Guid.NewGuid():N}");

    /// <summary>Drive C: as the host sees it.</summary>
    public string DriveC => Path.Combine(Prefix, "drive_c");

    private string Prefix => Path.Combine(Folder, "prefix");

    private static string Loader => s_loaders.FirstOrDefault(File.Exists) ?? throw new InvalidOperationException("Wine is not installed: apt-get install wine64");

    /// <summary>The path by which a Windows program reaches a file of the host.</summary>
    /// <param name="path">Absolute path on the host.</param>
    /// <returns>The same place on drive Z:.</returns>
    public static string WindowsPath(string path) => "Z:" + path.Replace('/', '\\');

    /// <summary>Runs a Windows program to its end.</summary>
    /// <param name="program">Its path on the host, or the name of one of Windows' own.</param>
    /// <param name="arguments">Its arguments; nothing in them is changed.</param>
    /// <param name="environment">Variables beside those of the machine.</param>
    /// <param name="input">Its standard input; nothing when null.</param>
    /// <param name="timeout">After this long it is ended and the test fails; two minutes when null.</param>
    /// <returns>How it ended.</returns>
    public async Task<WineResult> RunAsync(
        string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null, byte[]? input = null, TimeSpan? timeout = null)
    {
        using Process process = Start(program, arguments, environment);
        Task<byte[]> output = ReadAsync(process.StandardOutput.BaseStream);
        Task<byte[]> error = ReadAsync(process.StandardError.BaseStream);
        await WriteAsync(process.StandardInput.BaseStream, input ?? []);
        using var time = new CancellationTokenSource(timeout ?? TimeSpan.FromMinutes(2));
        try
        {
            await process.WaitForExitAsync(time.Token);
            await Task.WhenAll(output, error).WaitAsync(time.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw new TimeoutException($"'{Path.GetFileName(program)} {string.Join(' ', arguments)}' did not end under Wine.");
        }

        return new WineResult(process.ExitCode, await output, await error);
    }

    /// <summary>Starts a Windows program, for a test that talks to it while it runs. The test ends it; what is still there when this machine goes is ended with it.</summary>
    /// <param name="program">Its path on the host, or the name of one of Windows' own.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Variables beside those of the machine.</param>
    /// <returns>The process, whose streams are all redirected.</returns>
    public Process Start(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(Loader, [program, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Folder,
        };
        Surroundings(start);
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return Process.Start(start) ?? throw new InvalidOperationException("Process.Start returned nothing.");
    }

    /// <inheritdoc/>
    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(Folder);
        WineResult boot = await RunAsync("wineboot", ["-u"], timeout: s_bootTime);
        if (boot.ExitCode != 0 || !Directory.Exists(DriveC))
        {
            throw new InvalidOperationException($"Wine could not make a prefix (exit code {boot.ExitCode}): {boot.Error}");
        }
    }

    /// <inheritdoc/>
    public async Task DisposeAsync()
    {
        // The server ends every process of this prefix, and of no other, then itself.
        await ServerAsync("-k");
        await ServerAsync("-w");
        Directory.Delete(Folder, recursive: true);
    }

    private async Task ServerAsync(string option)
    {
        var start = new ProcessStartInfo("wineserver", [option]);
        Surroundings(start);
        using Process server = Process.Start(start) ?? throw new InvalidOperationException("Process.Start returned nothing.");
        await server.WaitForExitAsync().WaitAsync(s_endTime);
    }

    private void Surroundings(ProcessStartInfo start)
    {
        // No DISPLAY, and nothing else of the tests' own environment, such as AGENTSANDBOX_HOME with a Linux path.
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/bin:/usr/bin:/bin";
        start.Environment["HOME"] = Folder;
        start.Environment["LANG"] = "C.UTF-8";
        start.Environment["WINEPREFIX"] = Prefix;
        start.Environment["WINEDEBUG"] = "-all";

        // No debugger, which would wait for somebody when a program crashes; no offers to install Mono and Gecko.
        start.Environment["WINEDLLOVERRIDES"] = "winedbg.exe=d;mscoree,mshtml=";
    }

    private static async Task<byte[]> ReadAsync(Stream stream)
    {
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    private static async Task WriteAsync(Stream stream, byte[] input)
    {
        try
        {
            await stream.WriteAsync(input);
            stream.Close();
        }
        catch (IOException)
        {
            // A program that does not read its input may end before it has it all.
        }
    }
}

/// <summary>How a Windows program ended.</summary>
/// <param name="ExitCode">Its exit code; Linux keeps the lowest eight bits of it.</param>
/// <param name="OutputBytes">What it wrote to standard output.</param>
/// <param name="ErrorBytes">What it wrote to standard error.</param>
public sealed record WineResult(int ExitCode, byte[] OutputBytes, byte[] ErrorBytes)
{
    /// <summary>Standard output as UTF-8.</summary>
    public string Output => System.Text.Encoding.UTF8.GetString(OutputBytes);

    /// <summary>Standard error as UTF-8.</summary>
    public string Error => System.Text.Encoding.UTF8.GetString(ErrorBytes);
}
