using System.Globalization;

namespace AgentSandbox.Backends.WindowsSandbox.Cli;

/// <summary><c>wsb.exe</c> failed, or answered what it is not documented to answer. Never a guest's exit code.</summary>
internal sealed class WsbException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="verb">What was asked for, such as <c>start</c>.</param>
    /// <param name="message">What happened.</param>
    /// <param name="hresult">The HRESULT that it ended with; null when there was none.</param>
    /// <param name="innerException">The cause.</param>
    public WsbException(string verb, string message, int? hresult = null, Exception? innerException = null)
        : base(hresult is { } code ? string.Create(CultureInfo.InvariantCulture, $"'wsb {verb}' failed (0x{code:X8}): {message}") : $"'wsb {verb}' failed: {message}", innerException)
    {
        Verb = verb;
        Status = hresult;
    }

    /// <summary>What was asked for.</summary>
    public string Verb { get; }

    /// <summary>The HRESULT, as in <see cref="WsbStatus"/>; null when there was none.</summary>
    public int? Status { get; }
}
