namespace AgentSandbox.Isolation.Canaries;

/// <summary>
/// Files that the sandbox must not reach. Open to every user on purpose: what shall keep the sandbox off is its boundary, not the owner of a file.
/// They hold nothing but random numbers.
/// </summary>
internal sealed class CanaryFiles : IDisposable
{
    private const UnixFileMode OwnerAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode AllRead = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode AllWrite = UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    private CanaryFiles(string folder)
    {
        Folder = folder;
    }

    /// <summary>Their folder.</summary>
    public string Folder { get; }

    /// <summary>Holds <see cref="Secret"/>.</summary>
    public string SecretFile => Path.Combine(Folder, "secret");

    /// <summary>Content of <see cref="SecretFile"/>.</summary>
    public string Secret { get; } = HostCanaries.NewSecret();

    /// <summary>Whatever is in it, the sandbox wrote.</summary>
    public string WritableFile => Path.Combine(Folder, "writable");

    /// <summary>Where the canary process writes down the signals that it gets.</summary>
    public string SignalLog => Path.Combine(Folder, "signals");

    /// <summary>
    /// Makes a file with the set-user-id bit, for the control of the search for such files; its folder goes with the others. It is no program and nobody
    /// may execute it. Made only when asked for: a machine's own watch over such files need not wake for other probes.
    /// </summary>
    /// <returns>The folder that it is in.</returns>
    /// <exception cref="ProbeFailedException">It can't be made.</exception>
    public string PlantSetUserId()
    {
        string folder = Path.Combine(Folder, "set-user-id");
        string file = Path.Combine(folder, "canary");
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(file, HostCanaries.NewSecret());
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(file, UnixFileMode.SetUser | UnixFileMode.UserRead);
            }

            return folder;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ProbeFailedException($"No file with the set-user-id bit could be made in {folder}: {error.Message}", error);
        }
    }

    /// <summary>Creates them.</summary>
    /// <param name="runId">Random, so that nobody can have made the folder before.</param>
    /// <returns>The files.</returns>
    public static CanaryFiles Create(string runId)
    {
        var files = new CanaryFiles(Path.Combine(Path.GetTempPath(), "agentsandbox-canary-" + runId));
        Directory.CreateDirectory(files.Folder);
        try
        {
            File.WriteAllText(files.SecretFile, files.Secret + "\n");
            File.WriteAllText(files.WritableFile, "");
            File.WriteAllText(files.SignalLog, "");
            if (!OperatingSystem.IsWindows())
            {
                // After the fact: the process's umask takes bits away when a file is made. On Windows the user's own rights are the most that a sandbox could have.
                File.SetUnixFileMode(files.Folder, OwnerAll | AllRead | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
                File.SetUnixFileMode(files.SecretFile, AllRead);
                File.SetUnixFileMode(files.WritableFile, AllRead | AllWrite);
                File.SetUnixFileMode(files.SignalLog, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            return files;
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>Checks that they are there.</summary>
    /// <exception cref="ProbeFailedException">They are not.</exception>
    public void Verify()
    {
        try
        {
            if (File.ReadAllText(SecretFile).Trim() == Secret && File.Exists(WritableFile))
            {
                return;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ProbeFailedException($"The canary files in {Folder} are gone: {error.Message}", error);
        }

        throw new ProbeFailedException($"The canary files in {Folder} were changed.");
    }

    /// <summary>Whether a text arrived in <see cref="WritableFile"/>.</summary>
    /// <param name="token">The text.</param>
    /// <returns>True when it did.</returns>
    public bool WasWritten(string token)
    {
        // The sandbox may have written without end.
        using FileStream file = File.OpenRead(WritableFile);
        byte[] start = new byte[64 * 1024];
        int count = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        return System.Text.Encoding.UTF8.GetString(start, 0, count).Contains(token, StringComparison.Ordinal);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }
    }
}
