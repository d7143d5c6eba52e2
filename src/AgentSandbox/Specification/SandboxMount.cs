namespace AgentSandbox;

/// <summary>A folder or file of the host that a sandbox sees. Read-only unless said otherwise.</summary>
public sealed record SandboxMount
{
    /// <summary>Absolute path on the host.</summary>
    public required string Source { get; init; }

    /// <summary>Absolute path in the sandbox.</summary>
    public required string Target { get; init; }

    /// <summary>The sandbox may not write there.</summary>
    public bool ReadOnly { get; init; } = true;

    /// <summary>Reads <c>source[:target][:ro|rw]</c>. A relative source is taken from <paramref name="baseDirectory"/>; on Windows <c>/folder</c> is one of WSL's distribution; without a target the source's own path is used.</summary>
    /// <param name="text">The text.</param>
    /// <param name="baseDirectory">Folder that a relative source is relative to; the process's own when null.</param>
    /// <returns>The mount, in normal form.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.InvalidMount"/>: the text is no mount.</exception>
    public static SandboxMount Parse(string text, string? baseDirectory = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] parts = OperatingSystem.IsWindows() ? SplitWithDrives(text) : text.Split(':');
        bool hasMode = parts.Length > 1 && parts[^1] is "ro" or "rw";
        int paths = parts.Length - (hasMode ? 1 : 0);
        if (paths is < 1 or > 2 || parts[0].Length == 0 || (paths == 2 && parts[1].Length == 0) || text.Contains('\0'))
        {
            throw new SandboxException(
                SandboxErrorId.InvalidMount,
                $"'{text}' is no mount.",
                "Write source[:target][:ro|rw], for example /src:/work:rw. For a path with a colon in it use New-Object AgentSandbox.SandboxMount with Source and Target.",
                text);
        }

        string source = IsOfDistribution(parts[0], OperatingSystem.IsWindows()) ? parts[0] : Path.GetFullPath(parts[0], baseDirectory ?? Environment.CurrentDirectory);
        return new SandboxMount { Source = source, Target = paths == 2 ? parts[1] : source, ReadOnly = !(hasMode && parts[^1] == "rw") };
    }

    /// <summary>On Windows a path with one slash before it is not one of the current drive but of WSL's distribution; other backends refuse it.</summary>
    /// <param name="source">The source as it was written.</param>
    /// <param name="isWindows">This is Windows.</param>
    /// <returns>True when it is left as it is.</returns>
    internal static bool IsOfDistribution(string source, bool isWindows) => isWindows && Backends.Wsl.WslMount.IsInDistribution(source);

    /// <summary>Takes a mount apart where paths may begin with a drive, whose colon separates nothing.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The parts.</returns>
    internal static string[] SplitWithDrives(string text)
    {
        var parts = new List<string>();
        string[] pieces = text.Split(':');
        for (int i = 0; i < pieces.Length; i++)
        {
            bool isDrive = pieces[i].Length == 1 && char.IsAsciiLetter(pieces[i][0]) && i + 1 < pieces.Length && pieces[i + 1] is ['\\' or '/', ..];
            parts.Add(isDrive ? $"{pieces[i]}:{pieces[++i]}" : pieces[i]);
        }

        return [.. parts];
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Source}:{Target}:{(ReadOnly ? "ro" : "rw")}";
}
