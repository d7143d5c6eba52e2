using AgentSandbox.Copying.Files;
using AgentSandbox.Images.Build;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Images.Host;

/// <summary>
/// Copies the allowed parts of the host's /etc. Even of these only what everyone on the host may read, no private key whatever its
/// permissions, and of links only those into /usr or to what is copied too: nothing else is ever opened.
/// </summary>
/// <param name="hostRoot">The host's root; another folder in tests.</param>
/// <param name="targetRoot">The root that is made.</param>
internal sealed class HostTreeCopier(string hostRoot, string targetRoot)
{
    /// <summary>Larger than ld.so.cache or the bundle of certificates ever are; what is larger is no configuration.</summary>
    private const int MaxFile = 8 * 1024 * 1024;

    private const int MaxDepth = 8;

    private const uint ReadableByAll = 4;

    private const uint EnterableByAll = 5;

    /// <summary>Copies one file or link; what may not be copied is left out.</summary>
    /// <param name="path">Its path below the root, such as <c>etc/services</c>.</param>
    public void File(string path)
    {
        using SafeFileHandle? folder = Open(Path.GetDirectoryName(path)!);
        if (folder is not null)
        {
            Entry(folder, LinuxFile.Name(Path.GetFileName(path)), path, MaxDepth);
        }
    }

    /// <summary>Copies a folder and what is in it.</summary>
    /// <param name="path">Its path below the root, such as <c>etc/ssl/certs</c>.</param>
    public void Folder(string path)
    {
        using SafeFileHandle? folder = Open(path);
        if (folder is not null)
        {
            Folder(folder, path, 0);
        }
    }

    /// <summary>Names in the host's /etc that fit a pattern.</summary>
    /// <param name="pattern">A path below /etc; a <c>*</c> at the end stands for any rest.</param>
    /// <returns>Paths below the root.</returns>
    public IEnumerable<string> Match(string pattern)
    {
        if (!pattern.EndsWith('*'))
        {
            return [$"etc/{pattern}"];
        }

        string etc = Path.Combine(hostRoot, "etc");
        return Directory.Exists(etc)
            ? Directory.EnumerateDirectories(etc).Select(Path.GetFileName).Where(name => name!.StartsWith(pattern[..^1], StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(static name => $"etc/{name}")
            : [];
    }

    private void Folder(SafeFileHandle folder, string path, int depth)
    {
        if (depth > MaxDepth || (LinuxFile.Stat(folder).Mode & EnterableByAll) != EnterableByAll)
        {
            return;
        }

        RootBuilder.Folders(Path.Combine(targetRoot, path), RootBuilder.Public);
        foreach (byte[] name in FolderReader.Read(folder))
        {
            string child = $"{path}/{System.Text.Encoding.UTF8.GetString(name.AsSpan(..^1))}";
            Entry(folder, name, child, depth);
        }
    }

    private void Entry(SafeFileHandle folder, byte[] name, string path, int depth)
    {
        if (LinuxFile.TryStatAt(folder, name, out StatX stat) != 0 || path.Contains('\uFFFD', StringComparison.Ordinal))
        {
            return;
        }

        if (stat.IsSymbolicLink)
        {
            Link(folder, name, path);
        }
        else if (stat.IsFolder)
        {
            using SafeFileHandle? child = LinuxFile.TryOpenAt(folder, name, OpenFlags.Folder, 0, out _);
            if (child is not null)
            {
                Folder(child, path, depth + 1);
            }
        }
        else if (stat.IsFile)
        {
            using SafeFileHandle? file = LinuxFile.TryOpenAt(folder, name, OpenFlags.ReadOnly | OpenFlags.NonBlocking, 0, out _);
            if (file is not null && ReadPublic(file) is byte[] content)
            {
                RootBuilder.Folders(Path.GetDirectoryName(Path.Combine(targetRoot, path))!, RootBuilder.Public);
                RootBuilder.File(Path.Combine(targetRoot, path), content);
            }
        }
    }

    private void Link(SafeFileHandle folder, byte[] name, string path)
    {
        if (LinuxFile.TryReadLink(folder, name) is not byte[] bytes)
        {
            return;
        }

        // By its text alone: where it leads is for the sandbox to resolve, in its own root.
        string target = System.Text.Encoding.UTF8.GetString(bytes);
        string parent = "/" + Path.GetDirectoryName(path);
        string full = Path.GetFullPath(target, parent);
        bool isAllowed = full.StartsWith("/usr/", StringComparison.Ordinal) || full.StartsWith(parent + "/", StringComparison.Ordinal) || full.StartsWith("/etc/alternatives/", StringComparison.Ordinal);

        // Two of five alternatives are manual pages: no program needs them, and making links is what the first use waits for.
        isAllowed &= !full.EndsWith(".gz", StringComparison.Ordinal);
        if (isAllowed && !target.Contains('\uFFFD', StringComparison.Ordinal))
        {
            RootBuilder.Folders(Path.GetDirectoryName(Path.Combine(targetRoot, path))!, RootBuilder.Public);
            RootBuilder.Link(Path.Combine(targetRoot, path), target);
        }
    }

    private static byte[]? ReadPublic(SafeFileHandle file)
    {
        StatX stat = LinuxFile.Stat(file);
        if (!stat.IsFile || (stat.Mode & ReadableByAll) == 0 || stat.Size > MaxFile)
        {
            return null;
        }

        byte[] content = new byte[stat.Size];
        int length = 0;
        int read;
        while (length < content.Length && (read = LinuxFile.Read(file, content.AsSpan(length))) > 0)
        {
            length += read;
        }

        // A key beside its certificate is readable by all on more machines than it should be.
        return content.AsSpan(0, length).IndexOf("PRIVATE KEY"u8) >= 0 ? null : content[..length];
    }

    /// <summary>Opens a folder of the host, following no link below its root.</summary>
    private SafeFileHandle? Open(string path)
    {
        SafeFileHandle folder = LinuxFile.Open(hostRoot, OpenFlags.Folder);
        foreach (string name in path.Split('/'))
        {
            using SafeFileHandle parent = folder;
            SafeFileHandle? next = LinuxFile.TryOpenAt(parent, LinuxFile.Name(name), OpenFlags.Folder, 0, out _);
            if (next is null)
            {
                return null;
            }

            folder = next;
        }

        return folder;
    }
}
