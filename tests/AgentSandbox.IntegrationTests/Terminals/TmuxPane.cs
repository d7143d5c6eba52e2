using System.Diagnostics;

namespace AgentSandbox.IntegrationTests.Terminals;

/// <summary>A real terminal with a person at it: a pane of a tmux server of its own. In it runs a plain shell.</summary>
public sealed class TmuxPane : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);
    private readonly string _folder = Directory.CreateTempSubdirectory("asb-tmux-").FullName;

    private TmuxPane()
    {
    }

    private string Socket => Path.Combine(_folder, "s");

    /// <summary>Starts it.</summary>
    /// <param name="environment">Variables of the shell.</param>
    public static async Task<TmuxPane> StartAsync(IReadOnlyDictionary<string, string> environment)
    {
        var pane = new TmuxPane();
        string[] variables = [.. environment.SelectMany(v => (string[])["-e", $"{v.Key}={v.Value}"])];
        await pane.TmuxAsync(["-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "30", .. variables, "-e", "ENV=", "/bin/sh"]);
        await pane.TmuxAsync("set-option", "-s", "set-clipboard", "on"); // Or what runs in the pane has none.
        await pane.ForAsync("# ");
        return pane;
    }

    /// <summary>Types a line.</summary>
    public Task LineAsync(string line) => TmuxAsync("send-keys", "-l", line + "\r");

    /// <summary>Presses a key by tmux' name for it.</summary>
    public Task KeyAsync(string key) => TmuxAsync("send-keys", key);

    public Task ResizeAsync(int columns, int rows) => TmuxAsync("resize-window", "-x", $"{columns}", "-y", $"{rows}");

    /// <summary>What is on the screen.</summary>
    public Task<string> ScreenAsync() => TmuxAsync("capture-pane", "-p", "-J");

    /// <summary>A property of the pane, as tmux formats it.</summary>
    public async Task<string> AskAsync(string format) => (await TmuxAsync("display-message", "-p", format)).Trim();

    public async Task<string> ForAsync(string text) => await ForAsync(screen => screen.Contains(text, StringComparison.Ordinal), text);

    public async Task<string> ForAsync(Func<string, bool> condition, string what)
    {
        string screen = "";
        for (var time = Stopwatch.StartNew(); time.Elapsed < s_patience; await Task.Delay(50))
        {
            screen = await ScreenAsync();
            if (condition(screen))
            {
                return screen;
            }
        }

        throw new TimeoutException($"'{what}' did not come; on the screen is:\n{screen}");
    }

    public async ValueTask DisposeAsync()
    {
        await TmuxAsync("kill-server");
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<string> TmuxAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("tmux", ["-S", Socket, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Remove("TMUX");
        start.Environment["LANG"] = "C.UTF-8";
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"tmux {string.Join(' ', arguments)}: {await error}");
        return output;
    }
}
