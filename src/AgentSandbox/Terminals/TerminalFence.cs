namespace AgentSandbox.Terminals;

/// <summary>
/// The end of a session, as the terminal sees it. A sandbox may have asked the terminal something, and an answer that arrives after the end would be typed
/// at the user's own prompt. A terminal answers in order: so it is asked one thing more, and everything before that answer is thrown away. A sandbox may have
/// asked the same, so answers are counted.
/// </summary>
internal static class TerminalFence
{
    /// <summary>A terminal that does not answer within this time, such as a very old one, does not do so at all.</summary>
    private const int PatienceMilliseconds = 500;

    /// <summary>Undoes what the sandbox changed on the screen, and takes all answers that are under way. The terminal is still raw.</summary>
    /// <param name="filter">Knows what was changed and asked.</param>
    /// <param name="answers">Knows what was answered so far.</param>
    public static void Restore(TerminalFilter filter, AnswerCounter answers)
    {
        try
        {
            LocalTerminal.Write(filter.Restore());
            if (Environment.GetEnvironmentVariable("TERM") is null or "" or "dumb")
            {
                return;
            }

            LocalTerminal.Write("\x1b[c"u8); // Primary device attributes: the one question that every terminal answers.
        }
        catch (IOException)
        {
            return; // The terminal was closed; nobody answers.
        }

        byte[] buffer = new byte[4096];
        long end = Environment.TickCount64 + PatienceMilliseconds;
        for (long left; answers.Count <= filter.Questions && (left = end - Environment.TickCount64) > 0;)
        {
            int count = LocalTerminal.Read(buffer, -1, (int)left);
            if (count < 0)
            {
                return;
            }

            answers.Take(buffer.AsSpan(0, count));
        }
    }
}
