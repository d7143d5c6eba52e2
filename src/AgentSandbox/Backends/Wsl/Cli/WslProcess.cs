using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using AgentSandbox.Connection;

namespace AgentSandbox.Backends.Wsl.Cli;

/// <summary>A running <c>wsl.exe</c>.</summary>
internal sealed class WslProcess : IWslProcess
{
    private const int MaxErrorText = 2000;

    /// <summary>For the Linux side to see the end of its input and clean up after itself.</summary>
    private static readonly TimeSpan s_endPatience = TimeSpan.FromSeconds(15);

    private readonly Process _process;
    private readonly StringBuilder _errors = new();
    private readonly Task _drain;
    private int _isDisposed;

    /// <summary>Takes a process over.</summary>
    /// <param name="process">The process, with all streams redirected.</param>
    public WslProcess(Process process)
    {
        _process = process;
        Input = process.StandardInput.BaseStream;
        Output = OperatingSystem.IsWindows() ? new ThreadedReader(process.StandardOutput.BaseStream) : process.StandardOutput.BaseStream;
        _drain = OperatingSystem.IsWindows() ? Task.Factory.StartNew(() => DrainAsync().GetAwaiter().GetResult(), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default) : DrainAsync();
    }

    /// <inheritdoc/>
    public Stream Input { get; }

    /// <inheritdoc/>
    public Stream Output { get; }

    /// <inheritdoc/>
    public string ErrorText
    {
        get
        {
            lock (_errors)
            {
                return GuestText.Clean(string.Join(' ', _errors.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
            }
        }
    }

    /// <inheritdoc/>
    public async Task<int?> WaitAsync(TimeSpan patience)
    {
        using var deadline = new CancellationTokenSource(patience);
        try
        {
            await _process.WaitForExitAsync(deadline.Token);
            await _drain.WaitAsync(deadline.Token);
            return _process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        try
        {
            Input.Dispose();
        }
        catch (IOException)
        {
            // It has gone already.
        }

        if (await WaitAsync(s_endPatience) is null)
        {
            Kill(_process);
        }

        Output.Dispose();
        _process.Dispose();
    }

    /// <summary>Ends a process; one that has ended already is as good.</summary>
    /// <param name="process">The process.</param>
    internal static void Kill(Process process)
    {
        try
        {
            process.Kill();
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It is ending by itself.
        }
    }

    private async Task DrainAsync()
    {
        byte[] buffer = new byte[4096];
        try
        {
            Stream errors = _process.StandardError.BaseStream;
            for (int n; (n = OperatingSystem.IsWindows() ? errors.Read(buffer) : await errors.ReadAsync(buffer)) > 0;)
            {
                lock (_errors)
                {
                    _errors.Append(WslText.Decode(buffer.AsSpan(0, n)));
                    if (_errors.Length > MaxErrorText)
                    {
                        _errors.Remove(0, _errors.Length - MaxErrorText);
                    }
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Nothing more to be had of it.
        }
    }
}
