using System.Globalization;
using System.Runtime.InteropServices;

namespace AgentSandbox.Host.CommandLine;

/// <summary>
/// SIGINT, SIGTERM, SIGHUP and SIGQUIT end an invocation in good order instead of killing the process: a sandbox that was
/// being made is removed, a command that runs is ended. A signal that the parent had set to be ignored (nohup(1), a
/// background job of a script) stays ignored. On Windows they stand for what a console tells: SIGINT for Ctrl+C, SIGQUIT for Ctrl+Break, SIGHUP for
/// a window that is closed, SIGTERM for a machine that is shut down.
/// </summary>
internal sealed class TerminationSignals : IDisposable
{
    private static readonly (PosixSignal Signal, int Number)[] s_signals =
    [
        (PosixSignal.SIGHUP, 1), (PosixSignal.SIGINT, 2), (PosixSignal.SIGQUIT, 3), (PosixSignal.SIGTERM, 15),
    ];

    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly CancellationTokenSource _first = new();
    private readonly CancellationTokenSource _second = new();
    private readonly ManualResetEventSlim _ended = new();
    private int _count;

    /// <summary>Takes the signals over.</summary>
    public TerminationSignals()
    {
        ulong ignored = ReadIgnored();
        foreach ((PosixSignal signal, int number) in s_signals)
        {
            if ((ignored & (1UL << (number - 1))) == 0)
            {
                _registrations.Add(PosixSignalRegistration.Create(signal, context =>
                {
                    context.Cancel = true;
                    OnSignal(number);
                    if (OperatingSystem.IsWindows() && signal is PosixSignal.SIGHUP or PosixSignal.SIGTERM)
                    {
                        // Windows ends the process as soon as this returns; by its own clock (5 s) it does so anyway.
                        _ended.Wait();
                    }
                }));
            }
        }
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _first.Token;

    /// <summary>Cancelled by the second signal: someone is impatient.</summary>
    public CancellationToken Impatient => _second.Token;

    /// <summary>Number of the first signal; 0 before it.</summary>
    public int First { get; private set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ended.Set(); // Not disposed: a handler may still wait for it.
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        _first.Dispose();
        _second.Dispose();
    }

    // SigIgn of proc(5), read before the runtime installs handlers of its own.
    private static ulong ReadIgnored()
    {
        if (!OperatingSystem.IsLinux())
        {
            return 0;
        }

        const string Key = "SigIgn:";
        foreach (string line in File.ReadLines("/proc/self/status"))
        {
            if (line.StartsWith(Key, StringComparison.Ordinal))
            {
                return ulong.Parse(line.AsSpan(Key.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            }
        }

        return 0;
    }

    private void OnSignal(int number)
    {
        switch (Interlocked.Increment(ref _count))
        {
            case 1:
                First = number;
                _first.Cancel();
                break;
            case 2:
                _second.Cancel();
                break;
            default:
                break;
        }
    }
}
