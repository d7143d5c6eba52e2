using System.Formats.Tar;

namespace AgentSandbox.Tests.Docker.Windows;

/// <summary>Files of a Windows container, in memory: names without regard to case, folders with null as content.</summary>
internal sealed class StandInWindowsFiles
{
    private readonly SortedDictionary<string, byte[]?> _entries = new(StringComparer.OrdinalIgnoreCase) { ["C:"] = null, [@"C:\Temp"] = null };

    public byte[]? this[string path]
    {
        get
        {
            lock (_entries)
            {
                return _entries[Trim(path)];
            }
        }

        set
        {
            lock (_entries)
            {
                _entries[Trim(path)] = value;
            }
        }
    }

    public bool Exists(string path)
    {
        lock (_entries)
        {
            return _entries.ContainsKey(Trim(path));
        }
    }

    public bool IsFolder(string path)
    {
        lock (_entries)
        {
            return _entries.TryGetValue(Trim(path), out byte[]? content) && content is null;
        }
    }

    /// <summary>What tar.exe and the engine's archive call do with an archive.</summary>
    public void Extract(string folder, byte[] archive)
    {
        using TarReader reader = new(new MemoryStream(archive));
        while (reader.GetNextEntry() is { } entry)
        {
            if (entry.EntryType is TarEntryType.GlobalExtendedAttributes)
            {
                continue;
            }

            string path = $"{Trim(folder)}\\{entry.Name.TrimEnd('/').Replace('/', '\\')}";
            for (int slash = path.IndexOf('\\'); slash > 0; slash = path.IndexOf('\\', slash + 1))
            {
                if (!Exists(path[..slash]))
                {
                    this[path[..slash]] = null;
                }
            }

            using MemoryStream content = new();
            entry.DataStream?.CopyTo(content);
            this[path] = entry.EntryType == TarEntryType.Directory ? null : content.ToArray();
        }
    }

    /// <summary>An archive of a file or folder, whose paths begin with its name as the caller wrote it.</summary>
    public byte[] Archive(string folder, string name)
    {
        string root = $"{Trim(folder)}\\{name}";
        using MemoryStream archive = new();
        using (TarWriter writer = new(archive, TarEntryFormat.Pax, leaveOpen: true))
        {
            KeyValuePair<string, byte[]?>[] all;
            lock (_entries)
            {
                all = [.. _entries];
            }

            foreach ((string path, byte[]? content) in all)
            {
                if (!path.Equals(root, StringComparison.OrdinalIgnoreCase) && !path.StartsWith(root + "\\", StringComparison.OrdinalIgnoreCase))
                {
                    continue;
                }

                string inArchive = (name + path[root.Length..]).Replace('\\', '/');
                writer.WriteEntry(content is null
                    ? new PaxTarEntry(TarEntryType.Directory, inArchive + "/")
                    : new PaxTarEntry(TarEntryType.RegularFile, inArchive) { DataStream = new MemoryStream(content) });
            }
        }

        return archive.ToArray();
    }

    private static string Trim(string path) => path.TrimEnd('\\');
}
