using System.Text;

namespace AgentSandbox.IntegrationTests.Terminals;

/// <summary>A command with a terminal, and somebody who reads and types.</summary>
public sealed class RunningTerminal : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private readonly MemoryStream _seen = new();
    private readonly SemaphoreSlim _more = new(0);
    private readonly Task _reader;

    private RunningTerminal(SandboxCommand command)
    {
        Command = command;
        _reader = Task.Run(ReadAsync);
    }

    public SandboxCommand Command { get; }

    /// <summary>All that was written so far.</summary>
    public byte[] Bytes
    {
        get
        {
            lock (_seen)
            {
                return _seen.ToArray();
            }
        }
    }

    public string Text => Encoding.UTF8.GetString(Bytes);

    public static async Task<RunningTerminal> StartAsync(SandboxManager manager, Sandbox sandbox, CommandSpecification command) =>
        new(await manager.StartCommandAsync(sandbox.Id, command));

    /// <summary>A shell without line editing, and a prompt that is nowhere else.</summary>
    public static async Task<RunningTerminal> ShellAsync(SandboxManager manager, Sandbox sandbox)
    {
        RunningTerminal terminal = await StartAsync(manager, sandbox, Line("PS1='ready''> '; export PS1; exec sh -i"));
        await terminal.ForAsync("ready> ");
        return terminal;
    }

    /// <summary>A line for the shell on a terminal of 80 by 24.</summary>
    public static CommandSpecification Line(string line) => CommandSpecification.Shell(line) with { Terminal = TerminalSize.Default, StandardInput = true };

    public Task TypeAsync(string text) => Command.StandardInput.WriteAsync(Encoding.UTF8.GetBytes(text)).AsTask();

    /// <summary>Waits for text; fails with what there is instead.</summary>
    public async Task<string> ForAsync(string text, int times = 1)
    {
        using var patience = new CancellationTokenSource(s_patience);
        while (true)
        {
            string seen = Text;
            if (seen.Split(text).Length > times)
            {
                return seen;
            }

            try
            {
                if (_reader.IsCompleted && Text.Split(text).Length <= times)
                {
                    break;
                }

                await Task.WhenAny(_more.WaitAsync(patience.Token), _reader);
                patience.Token.ThrowIfCancellationRequested();
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        throw new TimeoutException($"'{text}' did not come {times} times; there is: {Text}");
    }

    /// <summary>Waits for the end.</summary>
    public async Task<CommandExit> EndAsync()
    {
        CommandExit exit = await Command.Completion.WaitAsync(s_patience);
        await _reader.WaitAsync(s_patience);
        return exit;
    }

    public async ValueTask DisposeAsync()
    {
        await Command.DisposeAsync();
        await Task.WhenAny(_reader);
        _more.Dispose();
    }

    private async Task ReadAsync()
    {
        byte[] buffer = new byte[64 * 1024];
        for (int count; (count = await Command.StandardOutput.ReadAsync(buffer)) > 0;)
        {
            lock (_seen)
            {
                _seen.Write(buffer, 0, count);
            }

            _more.Release();
        }
    }
}
