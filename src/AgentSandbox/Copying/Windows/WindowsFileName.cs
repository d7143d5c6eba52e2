namespace AgentSandbox.Copying.Windows;

/// <summary>
/// Which names a file may have on Windows, as "Naming Files, Paths, and Namespaces" of its documentation says. What Windows would quietly make
/// something else of (a device, a stream of another file, a name without its last dot) is refused: an archive from elsewhere may hold it.
/// Pure, and linked into the Windows guest.
/// </summary>
internal static class WindowsFileName
{
    /// <summary>Longest name of a file, in UTF-16 units, on NTFS and ReFS.</summary>
    public const int MaxLength = 255;

    /// <summary>Whether a name can be given to a file or folder as it is.</summary>
    /// <param name="name">One component of a path.</param>
    /// <returns>True when Windows takes it for what it says.</returns>
    public static bool IsAllowed(string name) => Problem(name) is null;

    /// <summary>Why a name can't be given to a file or folder.</summary>
    /// <param name="name">One component of a path.</param>
    /// <returns>The reason as the end of "the name …", or null when it can.</returns>
    public static string? Problem(string name)
    {
        if (name.Length == 0)
        {
            return "is empty";
        }

        if (name is "." or "..")
        {
            return "is a folder itself or its parent";
        }

        if (name.Length > MaxLength)
        {
            return $"is longer than {MaxLength} characters";
        }

        for (int i = 0; i < name.Length; i++)
        {
            char c = name[i];
            if (c < ' ')
            {
                return "has a control character";
            }

            if (c is '<' or '>' or ':' or '"' or '/' or '\\' or '|' or '?' or '*')
            {
                return c == ':' ? "has a ':', which names a stream of another file" : $"has a '{c}'";
            }

            if (char.IsSurrogate(c))
            {
                if (i + 1 == name.Length || !char.IsSurrogatePair(c, name[i + 1]))
                {
                    return "is no valid text";
                }

                i++;
            }
        }

        if (name[name.Length - 1] is '.' or ' ')
        {
            return "ends in a dot or a space";
        }

        return IsReserved(name) ? "is reserved for a device" : null;
    }

    /// <summary>Whether a name stands for a device, with or without an extension and in either case: CON, PRN, AUX, NUL, CONIN$, CONOUT$, CLOCK$, COM0-9, LPT0-9, also with superscript digits.</summary>
    /// <param name="name">One component of a path.</param>
    /// <returns>True for a device.</returns>
    public static bool IsReserved(string name)
    {
        // Windows looks at what is before the first dot or colon, without the spaces at its end.
        int end = name.IndexOfAny(['.', ':']);
        string stem = (end < 0 ? name : name.Substring(0, end)).TrimEnd(' ').ToUpperInvariant();
        if (stem is "CON" or "PRN" or "AUX" or "NUL" or "CONIN$" or "CONOUT$" or "CLOCK$")
        {
            return true;
        }

        bool isPort = stem.StartsWith("COM", StringComparison.Ordinal) || stem.StartsWith("LPT", StringComparison.Ordinal);
        return isPort && stem.Length == 4 && (stem[3] is >= '0' and <= '9' or '\u00B9' or '\u00B2' or '\u00B3');
    }
}
