namespace AgentSandbox.State.Windows;

/// <summary>
/// Tries again what fails on Windows because somebody has a file open at this moment: a virus scanner, an indexer, or another process of ours that
/// reads it. Bounded: about two seconds, then the failure is the caller's. On other systems nothing is tried twice.
/// </summary>
internal static class WindowsRetry
{
    private const int SharingViolation = unchecked((int)0x80070020);
    private const int LockViolation = unchecked((int)0x80070021);
    private const int DirectoryNotEmpty = unchecked((int)0x80070091);

    /// <summary>Milliseconds between the attempts.</summary>
    private static readonly int[] s_pauses = [1, 1, 2, 2, 5, 5, 10, 10, 20, 20, 50, 50, 100, 100, 200, 200, 300, 300, 400, 400];

    /// <summary>Does something to a file.</summary>
    /// <typeparam name="T">What comes of it.</typeparam>
    /// <param name="action">What is done; may be done again.</param>
    /// <returns>What came of it.</returns>
    public static T Run<T>(Func<T> action)
    {
        foreach (int pause in OperatingSystem.IsWindows() ? s_pauses : [])
        {
            try
            {
                return action();
            }
            catch (Exception e) when (IsPassing(e))
            {
                Thread.Sleep(pause);
            }
        }

        return action();
    }

    /// <summary>Does something to a file.</summary>
    /// <param name="action">What is done; may be done again.</param>
    public static void Run(Action action) => Run(() =>
    {
        action();
        return true;
    });

    /// <summary>A file that is being deleted, or replaced while it is open, is "access denied" on Windows; a folder whose last file is, "not empty".</summary>
    private static bool IsPassing(Exception e) => e is UnauthorizedAccessException or IOException { HResult: SharingViolation or LockViolation or DirectoryNotEmpty };
}
