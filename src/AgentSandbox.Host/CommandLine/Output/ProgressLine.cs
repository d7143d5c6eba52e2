using System.Diagnostics;
using AgentSandbox.Host.CommandLine.Streams;

namespace AgentSandbox.Host.CommandLine.Output;

/// <summary>One line on standard error that says how far a long step is; only on a terminal, a few times a second, wiped at the end.</summary>
/// <typeparam name="T">What the step tells.</typeparam>
internal sealed class ProgressLine<T> : IProgress<T>, IDisposable
{
    private const int Width = 78;
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(100);

    private readonly Func<T, string> _format;
    private readonly Lock _lock = new();
    private long _last;
    private bool _shown;
    private bool _closed;

    private ProgressLine(Func<T, string> format)
    {
        _format = format;
    }

    /// <summary>Makes a line where it can be seen.</summary>
    /// <param name="format">Makes its text.</param>
    /// <returns>The line, or null where no terminal is.</returns>
    public static ProgressLine<T>? ForTerminal(Func<T, string> format) => RawDescriptor.IsTerminal(RawDescriptor.StandardError) ? new(format) : null;

    /// <inheritdoc/>
    public void Report(T value)
    {
        lock (_lock)
        {
            if (_closed || (_shown && Stopwatch.GetElapsedTime(_last) < s_interval))
            {
                return;
            }

            _last = Stopwatch.GetTimestamp();
            _shown = true;
            string text = PrintableText.Clean(_format(value));
            Write($"\r{(text.Length > Width ? text[..Width] : text.PadRight(Width))}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _closed = true;
            if (_shown)
            {
                Write($"\r{new string(' ', Width)}\r");
            }
        }
    }

    private static void Write(string text)
    {
        try
        {
            RawDescriptor.Write(RawDescriptor.StandardError, System.Text.Encoding.UTF8.GetBytes(text));
        }
        catch (Exception exception) when (exception is IOException or OutputClosedException)
        {
            // The terminal has gone; progress is for whoever looks at it.
        }
    }
}
