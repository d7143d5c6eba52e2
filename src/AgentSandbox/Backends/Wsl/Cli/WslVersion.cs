namespace AgentSandbox.Backends.Wsl.Cli;

/// <summary>Reads <c>wsl --version</c>.</summary>
internal static class WslVersion
{
    /// <summary>The first that starts systemd in a distribution that asks for it.</summary>
    public static Version Oldest { get; } = new(0, 67, 6);

    /// <summary>Finds WSL's own version: the first line's. The words before it are in the user's language; the other lines are of the kernel, of Windows and so on.</summary>
    /// <param name="text">The answer.</param>
    /// <returns>The version; null when there is none, as from the WSL that came with Windows and knows no <c>--version</c>.</returns>
    public static Version? Parse(string text)
    {
        string first = text.Split('\n').FirstOrDefault(l => !string.IsNullOrWhiteSpace(l)) ?? "";
        string word = first.Split((char[])[' ', '\t', '\r', ':', '\uFF1A', '\u00A0'], StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? "";
        return word.Length <= 40 && word.All(c => char.IsAsciiDigit(c) || c == '.') && Version.TryParse(word, out Version? version) ? version : null;
    }
}
