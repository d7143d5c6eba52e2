namespace AgentSandbox.Backends.Linux.FileSystem;

/// <summary>Which files this machine's loop devices stand for.</summary>
internal static class LoopDevices
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Waits until the kernel has let go of an image: the mounts of a killed process end a moment after it, and write then.</summary>
    /// <param name="image">The image's path.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.SandboxBusy"/>: it still has it.</exception>
    public static async Task WaitUntilFreeAsync(string image, CancellationToken cancellationToken)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (IsAttached(image))
        {
            if (clock.Elapsed > s_patience)
            {
                throw new SandboxException(SandboxErrorId.SandboxBusy, "The sandbox's disk is still mounted.", "Try again in a moment.", image);
            }

            await Task.Delay(5, cancellationToken);
        }
    }

    private static bool IsAttached(string image)
    {
        foreach (string device in Directory.EnumerateDirectories("/sys/block", "loop*"))
        {
            try
            {
                if (File.ReadAllText(Path.Combine(device, "loop", "backing_file")).TrimEnd('\n') == image)
                {
                    return true;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // No file is attached to this one, or no longer.
            }
        }

        return false;
    }
}
