using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace AgentSandbox.IntegrationTests.Guest;

/// <summary>The published guest as <c>serve --stdio</c>: its standard streams are pipes to this process, as an engine gives them.</summary>
public sealed class StandardStreamsGuest : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _messages = new();

    /// <summary>Starts it.</summary>
    /// <param name="wrapper">A program and its arguments that start the guest in turn; the guest's path and "serve --stdio" follow.</param>
    /// <param name="options">More of <c>serve</c>.</param>
    public StandardStreamsGuest(string[] wrapper, params string[] options)
        : this([.. wrapper, GuestProcess.Program, "serve", "--stdio", .. options])
    {
    }

    private StandardStreamsGuest(string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        _process = Process.Start(start)!;
        _process.ErrorDataReceived += (_, e) => _messages.AppendLine(e.Data);
        _process.BeginErrorReadLine();
    }

    /// <summary>The process that was started: the guest, or what wraps it.</summary>
    public int Id => _process.Id;

    public string Messages => _messages.ToString();

    public Stream Input => _process.StandardInput.BaseStream;

    public Stream Output => _process.StandardOutput.BaseStream;

    public bool IsAlive => !_process.HasExited;

    /// <summary>Runs any command that serves, such as docker.</summary>
    public static StandardStreamsGuest Of(params string[] command) => new(command);

    public GuestClient Connect(bool hello = true) => new(Output, Input, hello);

    /// <summary>End of file for the guest.</summary>
    public void EndInput() => Input.Dispose();

    /// <summary>The wrapper's only child, as this process numbers it: the guest as the first process of another namespace, once it serves.</summary>
    public int Child()
    {
        int child = 0;
        bool serves = SpinWait.SpinUntil(
            () => int.TryParse(File.ReadAllText($"/proc/{Id}/task/{Id}/children"), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out child)
                && File.ReadAllText($"/proc/{child}/comm").StartsWith("guest:", StringComparison.Ordinal),
            TimeSpan.FromSeconds(20));
        return serves ? child : throw new TimeoutException("The guest does not serve. " + Messages);
    }

    public int WaitForExit()
    {
        if (!_process.WaitForExit(30_000))
        {
            throw new TimeoutException("The guest does not end. " + Messages);
        }

        _process.WaitForExit(); // Also for its messages.
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            EndInput();
            if (!_process.WaitForExit(10_000))
            {
                _process.Kill(entireProcessTree: true);
            }
        }

        _process.Dispose();
    }
}
