using System.Text;

namespace AgentSandbox.Backends.Wsl.Cli;

/// <summary>
/// Reads what <c>wsl.exe</c> says itself. It writes UTF-16LE unless <c>WSL_UTF8</c> is exactly <c>1</c>, which versions before 0.64 don't know, so both are
/// told apart by their bytes. What a Linux program wrote is not its text and never comes here.
/// </summary>
internal static class WslText
{
    /// <summary>Decodes a text.</summary>
    /// <param name="bytes">The bytes, whole.</param>
    /// <returns>The text, without a byte order mark; what is no text in either encoding becomes U+FFFD.</returns>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]))
        {
            return Encoding.Unicode.GetString(bytes[2..]);
        }

        if (bytes.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]))
        {
            bytes = bytes[3..];
        }

        return IsUtf16(bytes) ? Encoding.Unicode.GetString(bytes) : Encoding.UTF8.GetString(bytes);
    }

    /// <summary>UTF-8 text has no NUL in it, and UTF-16 text has: at least each line's end is U+000A, and so is the space between words U+0020.</summary>
    private static bool IsUtf16(ReadOnlySpan<byte> bytes)
    {
        for (int i = 1; i < bytes.Length; i += 2)
        {
            if (bytes[i] == 0)
            {
                return true;
            }
        }

        return false;
    }
}
