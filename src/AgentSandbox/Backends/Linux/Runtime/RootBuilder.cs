using System.Globalization;
using System.Text;
using AgentSandbox.Backends.Linux.FileSystem;
using AgentSandbox.Backends.Linux.Native;
using AgentSandbox.State;

namespace AgentSandbox.Backends.Linux.Runtime;

/// <summary>How a launcher wants the root file system.</summary>
/// <param name="RootMap">Ids of the image as the sandbox's processes see them; null leaves them as they are on the disk.</param>
/// <param name="RootOwner">Host id that owns what is made in the root.</param>
/// <param name="OwnProc">The root needs a /proc and a /dev made here, because nothing else will make them.</param>
internal sealed record RootPlan(IReadOnlyList<IdMapRange>? RootMap, uint RootOwner, bool OwnProc);

/// <summary>
/// Builds a sandbox's root in the supervisor's private mount namespace: id-mapped image below, the sandbox's own disk above, mounts in it.
/// Everything here ends with that namespace; nothing has to be taken down. The design, with what does not work: docs/design/linux-runtime.md.
/// </summary>
internal sealed class RootBuilder
{
    private readonly SandboxRecord _record;
    private readonly SandboxImage _image;
    private readonly SandboxPaths _paths;
    private readonly RootPlan _plan;

    public RootBuilder(SandboxRecord record, SandboxImage image, SandboxPaths paths, RootPlan plan)
    {
        _record = record;
        _image = image;
        _paths = paths;
        _plan = plan;
    }

    /// <summary>Makes the root. The process's folder must be the sandbox's runtime folder.</summary>
    /// <param name="hostUser">Host ids of the sandbox's default user, given the root.</param>
    /// <param name="prepare">Writes into the root what else it needs, while it can be written.</param>
    public void Build(Func<int, SandboxUser> hostUser, Action<int> prepare)
    {
        using FileDescriptor? shift = _plan.RootMap is null ? null : IdMap.CreateNamespace(_plan.RootMap, _plan.RootMap);
        MountOverlay(shift);
        using FileDescriptor root = FileDescriptor.Open("root", Libc.O_PATH);
        foreach (string folder in new[] { "/usr", "/proc", "/sys", "/dev", "/run", "/tmp" })
        {
            using FileDescriptor made = RootPath.OpenOrCreateDirectory(root.Value, folder, _plan.RootOwner);
        }

        WriteResolvConf(root.Value);
        SandboxUser user = hostUser(root.Value);
        if (_record.Specification.ReadOnly)
        {
            MountTmpfs(root.Value, "/tmp", 1777, 64);
            MountTmpfs(root.Value, "/var/tmp", 1777, 64);
        }

        foreach (string folder in _image.HostBinds)
        {
            MountOne(root.Value, new SandboxMount { Source = folder, Target = folder, ReadOnly = true }, shift, user);
        }

        foreach (SandboxMount mount in _record.Specification.Mounts)
        {
            MountOne(root.Value, mount, shift, user);
        }

        MountOne(root.Value, new SandboxMount { Source = SandboxPrograms.Guest, Target = SandboxPaths.GuestInRoot }, shift, user);
        if (_plan.OwnProc)
        {
            HostProcAndDev.Mount(root.Value, _record.Specification.ReadOnly, _plan.RootOwner, _record.Specification.Allows(SandboxAllowance.Tun));
        }

        prepare(root.Value);
        if (_record.Specification.ReadOnly)
        {
            BindMount.MakeReadOnly("root"); // Last: the mount points had to be made. Mounts in it keep their own mode.
        }
    }

    private void MountOverlay(FileDescriptor? shift)
    {
        foreach (string folder in new[] { "disk", "lower", "root" })
        {
            Directory.CreateDirectory(folder);
        }

        if (File.Exists(_paths.DiskImage))
        {
            DiskImage.Mount(_paths.DiskImage, "disk");
        }
        else
        {
            Errno.Check(Libc.Mount(_paths.DiskFolder, "disk", null, Libc.MS_BIND, null), "bind the sandbox's folder");
        }

        if (_record.DiskIdBase is { } onDisk && onDisk != _record.IdBase)
        {
            ShiftDisk(onDisk);
        }

        foreach (string folder in new[] { "disk/upper", "disk/work" })
        {
            if (!Directory.Exists(folder))
            {
                Directory.CreateDirectory(folder);
                Errno.Check(Libc.FChownAt(Libc.AT_FDCWD, folder, _plan.RootOwner, _plan.RootOwner, 0), $"chown {folder}");
                Errno.Check(Libc.FChmodAt(Libc.AT_FDCWD, folder, 0x1ED, 0), $"chmod {folder}");
            }
        }

        using (FileDescriptor lower = CloneImage(shift))
        using (FileDescriptor place = FileDescriptor.Open("lower", Libc.O_PATH))
        {
            BindMount.Attach(lower, place, "the image's place");
        }

        // Relative names: the state folder's own may have a comma or a colon in it, which these options can't carry.
        Errno.Check(
            Libc.Mount("overlay", "root", "overlay", Libc.MS_NOSUID | Libc.MS_NODEV, "lowerdir=lower,upperdir=disk/upper,workdir=disk/work,redirect_dir=nofollow,metacopy=off,index=off,xino=off"),
            "mount the overlay");
    }

    /// <summary>The files of a copied sandbox have the other's ids on the disk; through this mount they have this one's, whatever their number.</summary>
    private void ShiftDisk(uint onDisk)
    {
        IReadOnlyList<IdMapRange> ranges = IdMap.Swap(onDisk, _record.IdBase);
        using FileDescriptor map = IdMap.CreateNamespace(ranges, ranges);
        using FileDescriptor tree = BindMount.Clone("disk", readOnly: false, map);
        Errno.Check(Libc.Umount2("disk", Libc.MNT_DETACH), "unmount the disk as it is");
        using FileDescriptor place = FileDescriptor.Open("disk", Libc.O_PATH);
        BindMount.Attach(tree, place, "the disk's place");
    }

    private FileDescriptor CloneImage(FileDescriptor? shift)
    {
        try
        {
            return BindMount.Clone(_image.RootPath, readOnly: true, shift);
        }
        catch (LinuxException e) when (shift is not null && e.Errno is Errno.EINVAL or Errno.EOPNOTSUPP or Errno.ENOSYS or Errno.EPERM)
        {
            throw new SandboxException(
                SandboxErrorId.BackendNotAvailable,
                $"The file system of {_image.RootPath} knows no id-mapped mounts, so the image can't be used by a sandbox with its own user ids.",
                "Use Linux 5.19 or newer with ext4, xfs, btrfs or (from 6.3 on) tmpfs for the state folder; AGENTSANDBOX_HOME moves it.",
                _image.Name,
                e);
        }
    }

    private void MountOne(int root, SandboxMount mount, FileDescriptor? shift, SandboxUser user)
    {
        using FileDescriptor tree = CloneSource(mount, shift, user);
        using FileDescriptor place = Directory.Exists(mount.Source)
            ? RootPath.OpenOrCreateDirectory(root, mount.Target, _plan.RootOwner)
            : RootPath.OpenOrCreateFile(root, mount.Target, _plan.RootOwner);
        BindMount.Attach(tree, place, mount.Target);
    }

    private static FileDescriptor CloneSource(SandboxMount mount, FileDescriptor? shift, SandboxUser user)
    {
        if (mount.ReadOnly)
        {
            try
            {
                return BindMount.Clone(mount.Source, readOnly: true, shift);
            }
            catch (LinuxException e) when (shift is not null && e.Errno is Errno.EINVAL or Errno.EOPNOTSUPP or Errno.EPERM)
            {
                // Without the map its owners show as "nobody" inside: less readable, not less safe.
                return BindMount.Clone(mount.Source, readOnly: true, null);
            }
        }

        // Writable: only the folder's owner is mapped, to the sandbox's user. So what the sandbox writes belongs to that owner, and a
        // sandbox can't make files of any other user of the host.
        (uint uid, uint gid) = FileOwner.Of(mount.Source);
        using FileDescriptor map = IdMap.CreateNamespace([new IdMapRange(uid, user.Uid, 1)], [new IdMapRange(gid, user.Gid, 1)]);
        try
        {
            return BindMount.Clone(mount.Source, readOnly: false, map);
        }
        catch (LinuxException e) when (e.Errno is Errno.EINVAL or Errno.EOPNOTSUPP or Errno.EPERM)
        {
            throw new SandboxException(
                SandboxErrorId.MountNotSupported,
                $"'{mount.Source}' can't be mounted for writing: its file system knows no id-mapped mounts.",
                "Mount it read-only, or copy it in and out with Copy-SandboxItem.",
                mount.Source,
                e);
        }
    }

    private void MountTmpfs(int root, string target, int mode, int megabytes)
    {
        using FileDescriptor place = RootPath.OpenOrCreateDirectory(root, target, _plan.RootOwner);
        string options = string.Create(CultureInfo.InvariantCulture, $"mode={mode},size={megabytes}m,uid={_plan.RootOwner},gid={_plan.RootOwner}");
        Errno.Check(Libc.Mount("tmpfs", ProcPath(place), "tmpfs", Libc.MS_NOSUID | Libc.MS_NODEV, options), $"mount {target}");
    }

    private void WriteResolvConf(int root)
    {
        if (_record.Specification.Network != NetworkMode.Host || !File.Exists("/etc/resolv.conf"))
        {
            return;
        }

        using (FileDescriptor etc = RootPath.OpenOrCreateDirectory(root, "/etc", _plan.RootOwner))
        {
        }

        using FileDescriptor? file = RootPath.TryOpen(root, "/etc/resolv.conf", Libc.O_WRONLY | Libc.O_CREAT | Libc.O_TRUNC | 0x800, 0x1A4);
        if (file is null)
        {
            return; // A link to a place that only exists in a booted system: the image brings its own resolver.
        }

        using var stream = new FileStream(new Microsoft.Win32.SafeHandles.SafeFileHandle(file.Value, ownsHandle: false), FileAccess.Write);
        stream.Write(Encoding.UTF8.GetBytes(File.ReadAllText("/etc/resolv.conf")));
    }

    internal static string ProcPath(FileDescriptor descriptor) => string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{descriptor.Value}");
}
