using AgentSandbox.Copying.Archive;
using AgentSandbox.Copying.Files;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Images.Build;

/// <summary>Unpacks, checks and measures root file systems.</summary>
internal static class RootFileSystem
{
    /// <summary>Left free on the disk: an image that fills it would take the machine and the running sandboxes with it.</summary>
    private const long Reserve = 256L << 20;

    /// <summary>Unpacks an archive.</summary>
    /// <param name="archive">The plain tar stream.</param>
    /// <param name="root">The empty root.</param>
    /// <param name="source">What it came from, for errors.</param>
    /// <param name="progress">Told how many entries and bytes there are.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What was left out.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.InvalidImage"/> or <see cref="SandboxErrorId.DiskFull"/>.</exception>
    public static IReadOnlyList<string> Extract(Stream archive, string root, string source, Action<string>? progress, CancellationToken cancellationToken)
    {
        long free = new DriveInfo(root).AvailableFreeSpace - Reserve;
        ExtractPolicy policy = ExtractPolicy.RootFileSystem;
        bool isDiskSmaller = free < policy.MaxBytes;
        if (isDiskSmaller)
        {
            policy = policy with { MaxBytes = Math.Max(free, 0) };
        }

        using SafeFileHandle folder = LinuxFile.Open(root, OpenFlags.Folder);
        SafeTarExtractor extractor = null!;
        long next = 0;
        using SafeTarExtractor owned = extractor = new SafeTarExtractor(LinuxFolderFiles.Instance, archive, folder, null, policy)
        {
            Progress = path =>
            {
                if (progress is not null && Environment.TickCount64 >= next)
                {
                    next = Environment.TickCount64 + 100;
                    progress($"{extractor.Entries} entries, {extractor.Bytes >> 20} MiB: {DisplayText.Of(path)}");
                }
            },
        };
        try
        {
            extractor.Run(cancellationToken);
        }
        catch (ArchiveException e) when (isDiskSmaller && e.Fault == ArchiveFault.TooLarge)
        {
            throw DiskFull(source, e);
        }
        catch (ArchiveException e)
        {
            throw new SandboxException(SandboxErrorId.InvalidImage, $"'{source}' can't be used as an image. {e.Message}", "Give a complete tar archive of a root file system.", source, e);
        }
        catch (NativeIOException e) when (e.IsDiskFull)
        {
            throw DiskFull(source, e);
        }

        return extractor.Notes.ToList();
    }

    /// <summary>Checks that a root file system is one.</summary>
    /// <param name="root">The root.</param>
    /// <param name="source">What it came from.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.InvalidImage"/>.</exception>
    public static void Validate(string root, string source)
    {
        bool hasManifest = File.Exists(Path.Combine(root, "manifest.json")) || File.Exists(Path.Combine(root, "oci-layout"));
        if (hasManifest && !Path.Exists(Path.Combine(root, "usr")) && !Path.Exists(Path.Combine(root, "bin")) && !Path.Exists(Path.Combine(root, "etc")))
        {
            throw new SandboxException(
                SandboxErrorId.InvalidImage,
                $"'{source}' is an archive of image layers, as 'docker save' makes it.",
                "Make an archive of the file system: docker export $(docker create IMAGE) > IMAGE.tar",
                source);
        }

        // One static program is a root file system too, so all that can be asked for is that there is something.
        if (!Directory.EnumerateFileSystemEntries(root).Any())
        {
            throw new SandboxException(SandboxErrorId.InvalidImage, $"'{source}' is empty.", "Give a folder or archive that holds a root file system.", source);
        }
    }

    /// <summary>Adds up what a tree takes on the disk. A file with two names counts once.</summary>
    /// <param name="root">The root.</param>
    /// <returns>Bytes.</returns>
    public static long Measure(string root)
    {
        using SafeFileHandle folder = LinuxFile.Open(root, OpenFlags.Folder);
        return Measure(folder, []);
    }

    private static long Measure(SafeFileHandle folder, HashSet<ulong> seen)
    {
        long total = 0;
        foreach (byte[] name in FolderReader.Read(folder))
        {
            if (LinuxFile.TryStatAt(folder, name, out StatX stat) != 0 || (stat.LinkCount > 1 && !stat.IsFolder && !seen.Add(stat.Inode)))
            {
                continue;
            }

            total += (long)stat.Blocks * 512;
            if (stat.IsFolder && LinuxFile.TryOpenAt(folder, name, OpenFlags.Folder, 0, out _) is SafeFileHandle child)
            {
                using (child)
                {
                    total += Measure(child, seen);
                }
            }
        }

        return total;
    }

    private static SandboxException DiskFull(string source, Exception cause) =>
        new(SandboxErrorId.DiskFull, $"The disk is too full for an image of '{source}'.", "Free space under the state folder, or move it with AGENTSANDBOX_HOME.", source, cause);
}
