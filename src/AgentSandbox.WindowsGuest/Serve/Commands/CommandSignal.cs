namespace AgentSandbox.WindowsGuest.Serve.Commands;

/// <summary>
/// What Linux's signals are on Windows. SIGHUP, SIGINT, SIGQUIT and SIGTERM ask: CTRL+BREAK for the command's console. SIGKILL ends: the first
/// process alone, or with its job all that the command started. The others mean nothing here, as they would to a program that ignores them.
/// </summary>
internal static class CommandSignal
{
    public const int Kill = 9;
    public const int Term = 15;

    /// <summary>Highest number, as on Linux.</summary>
    public const int Max = 64;

    /// <summary>Whether a signal asks a program to end.</summary>
    /// <param name="signal">The number.</param>
    /// <returns>True for SIGHUP, SIGINT, SIGQUIT and SIGTERM.</returns>
    public static bool Asks(int signal) => signal is 1 or 2 or 3 or Term;
}
