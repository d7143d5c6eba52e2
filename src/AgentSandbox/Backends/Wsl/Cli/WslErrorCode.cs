namespace AgentSandbox.Backends.Wsl.Cli;

/// <summary>
/// The token that <c>wsl.exe</c> puts below its messages, such as <c>Error code: Wsl/Service/WSL_E_DISTRO_NOT_FOUND</c>. All around it is in the user's
/// language; the token is not.
/// </summary>
internal static class WslErrorCode
{
    private const string Start = "Wsl/";
    private const int MaxLength = 200;

    /// <summary>Nothing is registered at all; <c>--list --verbose</c> fails then.</summary>
    public const string NoDistributions = "WSL_E_DEFAULT_DISTRO_NOT_FOUND";

    /// <summary>No distribution has the name.</summary>
    public const string DistributionNotFound = "WSL_E_DISTRO_NOT_FOUND";

    /// <summary>Finds the token: the last one, since a message may quote one too.</summary>
    /// <param name="text">What wsl.exe said.</param>
    /// <returns>The whole token, such as <c>Wsl/Service/E_FAIL</c>; null when there is none.</returns>
    public static string? Find(string text)
    {
        for (int at = text.LastIndexOf(Start, StringComparison.Ordinal); at >= 0; at = at == 0 ? -1 : text.LastIndexOf(Start, at - 1, StringComparison.Ordinal))
        {
            // Not the end of another word or path.
            if (at > 0 && !char.IsWhiteSpace(text[at - 1]) && text[at - 1] is not (':' or '\uFF1A'))
            {
                continue;
            }

            int end = at + Start.Length;
            while (end < text.Length && (char.IsAsciiLetterOrDigit(text[end]) || text[end] is '_' or '/' or '-' or '.'))
            {
                end++;
            }

            string token = text[at..end].TrimEnd('.', '/');
            if (token.Length > Start.Length && token.Length <= MaxLength)
            {
                return token;
            }
        }

        return null;
    }

    /// <summary>The part that names the error: <c>WSL_E_DISTRO_NOT_FOUND</c> of <c>Wsl/Service/WSL_E_DISTRO_NOT_FOUND</c>.</summary>
    /// <param name="token">The token.</param>
    /// <returns>The part behind the last slash.</returns>
    public static string Name(string token) => token[(token.LastIndexOf('/') + 1)..];
}
