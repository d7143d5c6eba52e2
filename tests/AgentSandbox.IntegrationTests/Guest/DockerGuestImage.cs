using System.Diagnostics;

namespace AgentSandbox.IntegrationTests.Guest;

/// <summary>
/// Two images of the local engine, made for these tests and removed with them: one with nothing but busybox (no account files, no /tmp), and one
/// without any program at all. Containers of theirs have this fixture's name, so that none can be left behind.
/// </summary>
public sealed class DockerGuestImage : IDisposable
{
    private readonly string _name = "agsb-guest-tests-" + Guid.NewGuid().ToString("N")[..12];
    private readonly string _folder = Directory.CreateTempSubdirectory("agsb-image-").FullName;
    private int _containers;

    public DockerGuestImage()
    {
        Directory.CreateDirectory(_folder + "/full/bin");
        Directory.CreateDirectory(_folder + "/empty/etc");
        string busybox = new[] { "/bin/busybox", "/usr/bin/busybox" }.FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException("These tests need a static busybox: install the package busybox-static.");
        File.Copy(busybox, _folder + "/full/bin/busybox");
        foreach (string applet in (string[])["sh", "cat", "cp", "cut", "dd", "echo", "env", "grep", "head", "id", "kill", "ls", "ps", "seq", "setsid", "sha256sum", "sleep", "touch", "true", "wc"])
        {
            File.CreateSymbolicLink($"{_folder}/full/bin/{applet}", "busybox");
        }

        foreach (string image in (string[])["full", "empty"])
        {
            Run("tar", "-C", $"{_folder}/{image}", "-cf", $"{_folder}/{image}.tar", ".");
            Run("docker", "import", $"{_folder}/{image}.tar", $"{_name}:{image}");
        }
    }

    /// <summary>Options of docker that leave a container nothing which a command does not need.</summary>
    public static IReadOnlyList<string> Hardened { get; } = ["--network", "none", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--read-only", "--user", "65532:65532"];

    /// <summary>Creates and starts a container with the guest as entry point.</summary>
    /// <param name="runtime">runc or runsc.</param>
    /// <param name="docker">Options of docker.</param>
    /// <param name="serve">Options of <c>serve</c>.</param>
    /// <param name="image">full or empty.</param>
    public DockerGuest Start(string runtime, IReadOnlyList<string> docker, string[] serve, string image = "full")
    {
        string name = $"{_name}-{Interlocked.Increment(ref _containers)}";
        Run(
            [
                "docker", "create", "-i", "--name", name, "--runtime", runtime, .. docker, "-v", GuestProcess.Program + ":/.agentsandbox/guest:ro",
                "--entrypoint", "/.agentsandbox/guest", $"{_name}:{image}", "serve", "--stdio", "--no-new-privileges", "--drop-capabilities", .. serve,
            ]);
        return new DockerGuest(name);
    }

    /// <summary>Runs a program to its end; throws with its messages when it fails.</summary>
    public static string Run(params string[] command)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output.Trim() : throw new InvalidOperationException($"{string.Join(' ', command)}: {errors.Result}");
    }

    public void Dispose()
    {
        Run("docker", "rmi", $"{_name}:full", $"{_name}:empty");
        Directory.Delete(_folder, recursive: true);
    }
}
