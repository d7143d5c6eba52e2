namespace AgentSandbox;

/// <summary>
/// The rule for names of sandboxes and images: <c>[A-Za-z0-9][A-Za-z0-9_.-]{0,62}</c>. Such a name is a host name, a folder name and a command-line
/// argument without being anything else: no path, no option, nothing a shell reads.
/// </summary>
public static class SandboxName
{
    /// <summary>Most characters of a name: what a host name's label may have.</summary>
    public const int MaxLength = 63;

    /// <summary>Says whether a name keeps the rule.</summary>
    /// <param name="name">The name.</param>
    /// <returns>True when it does.</returns>
    public static bool IsValid(string? name)
    {
        if (string.IsNullOrEmpty(name) || name.Length > MaxLength || !char.IsAsciiLetterOrDigit(name[0]))
        {
            return false;
        }

        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '.' or '-'))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Throws unless a name keeps the rule.</summary>
    /// <param name="name">The name.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.InvalidName"/>.</exception>
    public static void Validate(string name)
    {
        if (!IsValid(name))
        {
            throw new SandboxException(
                SandboxErrorId.InvalidName,
                $"'{Copying.Files.DisplayText.Of(name ?? "")}' is no valid name.",
                $"Use 1 to {MaxLength} letters, digits, '_', '.' or '-', beginning with a letter or digit.",
                name);
        }
    }
}
