using System.Globalization;
using AgentSandbox.Copying.Files;
using AgentSandbox.Images.Build;

namespace AgentSandbox.Images.Host;

/// <summary>
/// The built-in image: a small root of our own, under which the host's /usr is bound read-only. Made at the first use and again when
/// the machine was updated; made aside and renamed, so any number of processes may want it at once.
/// </summary>
/// <param name="store">Folder of all images.</param>
/// <param name="hostRoot">The host's root; another folder in tests.</param>
internal sealed class HostRoot(string store, string hostRoot)
{
    private const string FolderName = ".host";

    /// <summary>What the root depends on. Four stat calls: cheap enough for every creation of a sandbox.</summary>
    private static readonly string[] _witnesses = ["usr", "usr/lib/os-release", "etc/ld.so.cache", "etc/alternatives"];

    /// <summary>Finds the image, or makes it.</summary>
    /// <returns>The image.</returns>
    public SandboxImage Get()
    {
        string parent = Path.Combine(store, FolderName);
        string fingerprint = Fingerprint();
        string folder = Path.Combine(parent, fingerprint);
        return ImageRecord.TryRead(folder) ?? Build(parent, fingerprint, folder);
    }

    private SandboxImage Build(string parent, string fingerprint, string folder)
    {
        RootBuilder.Folders(store, RootBuilder.Private);
        using (BuildFolder build = BuildFolder.Create(parent, fingerprint))
        {
            Fill(build.Root);
            ImageRecord record = new()
            {
                Name = SandboxSpecification.HostImage,
                Kind = "BuiltIn",
                Source = "/usr",
                Created = DateTimeOffset.UtcNow,
                Size = RootFileSystem.Measure(build.Root),
                HostBinds = ["/usr", .. HostRootContent.UsrLinks.Where(IsFolderOfItsOwn).Select(static name => "/" + name)],
            };
            record.Write(build.FullPath);

            // Another process may have been faster: its root is as good.
            _ = build.TryCommit(folder);
        }

        OldHostRoots.Sweep(parent, fingerprint);

        return ImageRecord.TryRead(folder) ?? throw new SandboxException(SandboxErrorId.StateFailed, $"'{folder}' vanished.", "Try again.", folder);
    }

    private void Fill(string root)
    {
        foreach ((string path, uint mode) in HostRootContent.Folders)
        {
            RootBuilder.Folder(Path.Combine(root, path), mode);
        }

        RootBuilder.Folder(Path.Combine(root, "home/sandbox"), RootBuilder.Public, HostRootContent.SandboxUser);
        foreach (string name in HostRootContent.UsrLinks)
        {
            if (IsFolderOfItsOwn(name))
            {
                RootBuilder.Folder(Path.Combine(root, name), RootBuilder.Public);
            }
            else if (new FileInfo(Path.Combine(hostRoot, name)).LinkTarget?.TrimStart('/') is string target && target.StartsWith("usr/", StringComparison.Ordinal))
            {
                RootBuilder.Link(Path.Combine(root, name), target);
            }
        }

        foreach ((string path, string target) in HostRootContent.Links)
        {
            RootBuilder.Link(Path.Combine(root, path), target);
        }

        foreach ((string path, string content) in HostRootContent.Files)
        {
            RootBuilder.File(Path.Combine(root, path), content);
        }

        HostTreeCopier copier = new(hostRoot, root);
        foreach (string name in HostRootContent.HostFiles)
        {
            copier.File($"etc/{name}");
        }

        foreach (string path in HostRootContent.HostFolders.SelectMany(copier.Match))
        {
            copier.Folder(path);
        }
    }

    /// <summary>A host whose /usr is not merged has real /bin, /lib and so on, which must be bound too.</summary>
    private bool IsFolderOfItsOwn(string name)
    {
        FileInfo info = new(Path.Combine(hostRoot, name));
        return info.LinkTarget is null && Directory.Exists(info.FullName);
    }

    private string Fingerprint()
    {
        // FNV-1a: told apart must be the states of one machine, not what an attacker makes up; whoever can change these owns the host.
        ulong hash = 14695981039346656037;
        foreach (string path in _witnesses)
        {
            int result = Native.StatX(Native.AtFdCwd, LinuxFile.Name(Path.Combine(hostRoot, path)), 0, StatX.Everything, out StatX stat);
            foreach (ulong part in (ReadOnlySpan<ulong>)[(ulong)stat.ModifiedSeconds, stat.ModifiedNanoseconds, stat.Size, (ulong)(uint)result])
            {
                hash = (hash ^ part) * 1099511628211;
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"v{HostRootContent.Version}-{hash:x16}");
    }
}
