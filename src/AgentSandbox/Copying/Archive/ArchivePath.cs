using AgentSandbox.Copying.Files;

namespace AgentSandbox.Copying.Archive;

/// <summary>Takes a path of an archive apart. What would leave the destination never gets as far as a system call.</summary>
internal static class ArchivePath
{
    /// <summary>Longest path in bytes, PATH_MAX with its NUL.</summary>
    public const int MaxLength = 4096;

    /// <summary>Longest component in bytes, NAME_MAX.</summary>
    public const int MaxName = 255;

    /// <summary>Deepest nesting. Real trees stay far below; every level costs a file descriptor when it is walked.</summary>
    public const int MaxDepth = 256;

    /// <summary>Splits a path.</summary>
    /// <param name="path">The path as the archive has it.</param>
    /// <param name="lenient">Root file systems are archived as <c>./usr</c> or <c>/usr</c> too: take these as <c>usr</c>. Otherwise only the plain form is let through.</param>
    /// <returns>The components, each ending in NUL; none for the root itself.</returns>
    /// <exception cref="ArchiveException">The path is not allowed.</exception>
    public static byte[][] Split(ReadOnlySpan<byte> path, bool lenient)
    {
        if (path.Length >= MaxLength)
        {
            throw Refuse(path, $"is longer than {MaxLength - 1} bytes");
        }

        if (path.Contains((byte)0))
        {
            throw Refuse(path, "has a NUL in it");
        }

        List<byte[]> components = [];
        ReadOnlySpan<byte> whole = path;
        path = path is [.., (byte)'/'] ? path[..^1] : path;
        while (!path.IsEmpty)
        {
            int slash = path.IndexOf((byte)'/');
            ReadOnlySpan<byte> name = slash < 0 ? path : path[..slash];
            path = slash < 0 ? default : path[(slash + 1)..];
            if (name.SequenceEqual(".."u8))
            {
                throw Refuse(whole, "has '..' in it");
            }

            if (name.IsEmpty || name.SequenceEqual("."u8))
            {
                if (!lenient)
                {
                    throw Refuse(whole, "is absolute, or has an empty or '.' component");
                }

                continue;
            }

            if (name.Length > MaxName)
            {
                throw Refuse(whole, $"has a name longer than {MaxName} bytes");
            }

            components.Add(NameBytes.Of(name));
        }

        if (components.Count > MaxDepth)
        {
            throw Refuse(whole, $"is nested deeper than {MaxDepth} folders");
        }

        return [.. components];
    }

    /// <summary>
    /// Says whether a link stays below the folder that is copied. ".." is let through at the start only, at most as often as the link is deep:
    /// after another component it could climb out through a second link (s -> ".", then s/s/../..), which no look at the text finds.
    /// </summary>
    /// <param name="target">The link's target.</param>
    /// <param name="depth">Folders between the copied folder and the link: 0 directly in it; negative when the link is what is copied, which never stays inside.</param>
    /// <returns>True when it can't lead out.</returns>
    public static bool StaysInside(ReadOnlySpan<byte> target, int depth)
    {
        if (depth < 0 || target.IsEmpty || target[0] == '/' || target.Contains((byte)0) || target.Length >= MaxLength)
        {
            return false;
        }

        bool descended = false;
        while (!target.IsEmpty)
        {
            int slash = target.IndexOf((byte)'/');
            ReadOnlySpan<byte> name = slash < 0 ? target : target[..slash];
            target = slash < 0 ? default : target[(slash + 1)..];
            if (name.SequenceEqual(".."u8))
            {
                if (descended || --depth < 0)
                {
                    return false;
                }
            }
            else if (!name.IsEmpty && !name.SequenceEqual("."u8))
            {
                descended = true;
            }
        }

        return true;
    }

    private static ArchiveException Refuse(ReadOnlySpan<byte> path, string why) => new(ArchiveFault.Refused, $"The path '{DisplayText.Of(path)}' in the archive {why}.");
}
