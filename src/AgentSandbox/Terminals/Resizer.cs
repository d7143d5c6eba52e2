namespace AgentSandbox.Terminals;

/// <summary>Tells a command the terminal's size whenever that has changed, and only then: a window that is dragged sends a hundred signals.</summary>
/// <param name="command">The command.</param>
/// <param name="size">What it was started with.</param>
internal sealed class Resizer(SandboxCommand command, TerminalSize size)
{
    private readonly object _gate = new();
    private TerminalSize _size = size;

    /// <summary>Looks, and tells.</summary>
    public void Update()
    {
        lock (_gate)
        {
            TerminalSize now = LocalTerminal.Size;
            if (now == _size)
            {
                return;
            }

            _size = now;
            try
            {
                Background.Forget(command.ResizeAsync(now));
            }
            catch (SandboxException)
            {
                // The connection broke, which Completion tells.
            }
        }
    }
}
