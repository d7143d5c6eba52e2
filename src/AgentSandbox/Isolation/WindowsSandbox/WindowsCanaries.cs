using System.Diagnostics;
using AgentSandbox.Isolation.Canaries;

namespace AgentSandbox.Isolation.WindowsSandbox;

/// <summary>
/// What one run plants on a Windows host for the instance to be caught with: files, a folder that it is given read-only, and a process in whose name is a secret.
/// They hold nothing but random numbers, and are removed whatever happens; the process reads a pipe that this process holds, so it ends with it.
/// </summary>
internal sealed class WindowsCanaries : IDisposable
{
    /// <summary>Where <see cref="SharedFolder"/> is in the instance.</summary>
    public const string SharedInside = @"C:\agentsandbox-canary";

    private const string Marker = "marker";

    private readonly Process _process;
    private readonly string _programs;

    private WindowsCanaries(CanaryFiles files, string programs, Process process, string prefix, string secret)
    {
        Files = files;
        _programs = programs;
        _process = process;
        Prefix = prefix;
        Secret = secret;
    }

    /// <summary>Files that the instance must not reach.</summary>
    public CanaryFiles Files { get; }

    /// <summary>A folder that the instance is given read-only, with <see cref="SharedSecret"/> in the file "marker".</summary>
    public string SharedFolder => Path.Combine(Files.Folder, "shared");

    /// <summary>What the instance can read in its folder, when folders are mapped as they were asked for.</summary>
    public string SharedSecret { get; } = HostCanaries.NewSecret();

    /// <summary>The process's name begins with this.</summary>
    public string Prefix { get; }

    /// <summary>And ends with this.</summary>
    public string Secret { get; }

    /// <summary>Plants.</summary>
    /// <param name="guest">Path of the guest's program, which the process is another copy of, with all that is in its folder.</param>
    /// <param name="launcher">What the program is started with, where it does not start by itself; tests put wine here.</param>
    /// <returns>The canaries, checked.</returns>
    /// <exception cref="ProbeFailedException">The process does not start.</exception>
    public static WindowsCanaries Plant(string guest, params string[] launcher)
    {
        CanaryFiles files = CanaryFiles.Create(HostCanaries.NewSecret());
        Process? process = null;
        try
        {
            string prefix = $"agsb-canary-{HostCanaries.NewSecret()[..8]}-", secret = HostCanaries.NewSecret();
            string program = CopyProgram(guest, Path.Combine(files.Folder, "program"), prefix + secret);
            string[] command = [.. launcher, program, "probe", "hold"];
            process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true, CreateNoWindow = true, WorkingDirectory = files.Folder })
                ?? throw new ProbeFailedException("The canary process did not start.");
            var canaries = new WindowsCanaries(files, Path.GetDirectoryName(program)!, process, prefix, secret);
            Directory.CreateDirectory(canaries.SharedFolder);
            File.WriteAllText(Path.Combine(canaries.SharedFolder, Marker), canaries.SharedSecret + "\n");
            if (process.StandardOutput.ReadLine() is null)
            {
                throw new ProbeFailedException("The canary process did not get ready.");
            }

            canaries.Verify();
            return canaries;
        }
        catch
        {
            Remove(process, files);
            throw;
        }
    }

    /// <summary>Whether a file of that name arrived in <see cref="SharedFolder"/>.</summary>
    /// <param name="name">The name.</param>
    /// <returns>True when it did.</returns>
    public bool WasWritten(string name) => File.Exists(Path.Combine(SharedFolder, name));

    /// <summary>Checks that they are as they were planted.</summary>
    /// <exception cref="ProbeFailedException">They are not.</exception>
    public void Verify()
    {
        Files.Verify();
        if (_process.HasExited)
        {
            throw new ProbeFailedException($"The canary process has ended with code {_process.ExitCode}.");
        }

        if (!Directory.Exists(_programs) || !File.Exists(Path.Combine(SharedFolder, Marker)) || File.ReadAllText(Path.Combine(SharedFolder, Marker)).Trim() != SharedSecret)
        {
            throw new ProbeFailedException($"The canaries in {Files.Folder} were changed.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Remove(_process, Files);

    private static string CopyProgram(string guest, string folder, string name)
    {
        Directory.CreateDirectory(folder);
        string stem = Path.GetFileNameWithoutExtension(guest);
        foreach (string file in Directory.EnumerateFiles(Path.GetDirectoryName(guest)!))
        {
            // The settings of a .NET Framework program are found by its own name.
            string own = Path.GetFileName(file);
            File.Copy(file, Path.Combine(folder, own == stem + ".exe" ? name + ".exe" : own == stem + ".exe.config" ? name + ".exe.config" : own));
        }

        return Path.Combine(folder, name + ".exe");
    }

    private static void Remove(Process? process, CanaryFiles files)
    {
        try
        {
            if (process is { HasExited: false })
            {
                // It ends by itself at the end of its input; its program can't be deleted while it runs.
                process.StandardInput.Close();
                if (!process.WaitForExit(5000))
                {
                    process.Kill(entireProcessTree: true);
                    process.WaitForExit();
                }
            }

            process?.Dispose();
        }
        finally
        {
            files.Dispose();
        }
    }
}
