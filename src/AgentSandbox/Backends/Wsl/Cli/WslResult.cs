using AgentSandbox.Connection;

namespace AgentSandbox.Backends.Wsl.Cli;

/// <summary>How a call of <c>wsl.exe</c> ended that has no streams of its own.</summary>
/// <param name="ExitCode">Its exit code, which says little: see <see cref="Succeeded"/>.</param>
/// <param name="Output">What came on standard output, where wsl.exe also puts its own messages.</param>
/// <param name="Errors">What came on standard error.</param>
internal sealed record WslResult(int ExitCode, byte[] Output, byte[] Errors)
{
    /// <summary>
    /// Exit code 0. Any other says only that it was not: -1 (which Linux shows as 255) is wsl.exe's own failure, but also a Linux program's exit code 67, 87 or 255,
    /// and a Linux program that a signal ended shows its raw wait status.
    /// </summary>
    public bool Succeeded => ExitCode == 0;

    /// <summary>wsl.exe itself may have failed.</summary>
    public bool IsOwnFailure => ExitCode is -1 or 255;

    /// <summary>The output as wsl.exe's own text.</summary>
    public string Text => WslText.Decode(Output);

    /// <summary>The token of the error, where it is wsl.exe's own failure and has one.</summary>
    public string? ErrorCode => IsOwnFailure ? WslErrorCode.Find(Text) : null;

    /// <summary>What there is of a message, for people, as one safe line.</summary>
    public string Message
    {
        get
        {
            string text = GuestText.Clean(string.Join(' ', $"{Text} {WslText.Decode(Errors)}".Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)));
            return text.Length > 0 ? text : $"wsl.exe ended with exit code {ExitCode} and said nothing.";
        }
    }
}
