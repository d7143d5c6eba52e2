using System.Globalization;

namespace AgentSandbox.Backends.WindowsSandbox.Cli;

/// <summary>The HRESULTs of <c>wsb.exe</c> that mean something in particular, and how one is found. Text is localised and never matched.</summary>
internal static class WsbStatus
{
    /// <summary>CO_E_APPSINGLEUSE: an instance runs already.</summary>
    public const int SingleInstance = unchecked((int)0x800401F6);

    /// <summary>ERROR_FILE_NOT_FOUND: from <c>start</c> it may come after the instance was made; from <c>exec</c> the program does not exist.</summary>
    public const int FileNotFound = unchecked((int)0x80070002);

    /// <summary>ERROR_NO_SUCH_LOGON_SESSION: nobody is logged on in the instance yet; <c>connect</c> logs on.</summary>
    public const int NoLogonSession = unchecked((int)0x80070520);

    /// <summary>E_ACCESSDENIED: from <c>share</c>, when neither SYSTEM nor Administrators may read the folder.</summary>
    public const int AccessDenied = unchecked((int)0x80070005);

    /// <summary>Finds the HRESULT of a failure: the exit code when it is one, else the first in the error text, where it stands in parentheses.</summary>
    /// <param name="result">How the program ended.</param>
    /// <returns>Null when there is none.</returns>
    public static int? Find(ProgramResult result) => result.ExitCode < 0 ? result.ExitCode : Find(result.StandardError);

    private static int? Find(string text)
    {
        for (int i = text.IndexOf("0x", StringComparison.OrdinalIgnoreCase); i >= 0; i = text.IndexOf("0x", i + 2, StringComparison.OrdinalIgnoreCase))
        {
            // Eight digits, no more, with the bit of failure: an address or a size in a message is no status.
            if (text.Length >= i + 10
                && (text.Length == i + 10 || !char.IsAsciiHexDigit(text[i + 10]))
                && uint.TryParse(text.AsSpan(i + 2, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint value)
                && (value & 0x80000000) != 0)
            {
                return unchecked((int)value);
            }
        }

        return null;
    }
}
