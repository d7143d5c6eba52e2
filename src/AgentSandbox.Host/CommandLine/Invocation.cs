using System.CommandLine;
using AgentSandbox.Host.CommandLine.Options;

namespace AgentSandbox.Host.CommandLine;

/// <summary>One run of a verb: its arguments, and what it needs to do its work.</summary>
internal sealed class Invocation : IDisposable
{
    private readonly ParseResult _parsed;

    /// <summary>Creates an invocation; from here on signals end it in good order.</summary>
    /// <param name="parsed">The arguments.</param>
    /// <param name="command">What came after <c>--</c>.</param>
    public Invocation(ParseResult parsed, IReadOnlyList<string> command)
    {
        _parsed = parsed;
        Command = command;
    }

    /// <summary>What came after <c>--</c>.</summary>
    public IReadOnlyList<string> Command { get; }

    /// <summary>SIGINT and its like.</summary>
    public TerminationSignals Signals { get; } = new();

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken CancellationToken => Signals.Token;

    /// <summary>The arguments.</summary>
    public ParseResult Parsed => _parsed;

    /// <summary>Reports are wanted as JSON.</summary>
    public bool Json => _parsed.GetValue(CommonOptions.Json);

    /// <summary>Value of an option or its default.</summary>
    /// <typeparam name="T">Type of the value.</typeparam>
    /// <param name="option">The option.</param>
    /// <returns>The value.</returns>
    public T? Value<T>(Option<T> option) => _parsed.GetValue(option);

    /// <summary>Value of an argument or its default.</summary>
    /// <typeparam name="T">Type of the value.</typeparam>
    /// <param name="argument">The argument.</param>
    /// <returns>The value.</returns>
    public T? Value<T>(Argument<T> argument) => _parsed.GetValue(argument);

    /// <inheritdoc/>
    public void Dispose() => Signals.Dispose();
}
