using AgentSandbox.Backends.Linux.Native;

namespace AgentSandbox.Backends.Linux.FileSystem;

/// <summary>Detached copies of host mounts with other attributes, and how to put them in place (open_tree(2), mount_setattr(2), move_mount(2)).</summary>
internal static class BindMount
{
    private const uint OPEN_TREE_CLONE = 1;
    private const uint OPEN_TREE_CLOEXEC = Libc.O_CLOEXEC;
    private const ulong MOUNT_ATTR_RDONLY = 1;
    private const ulong MOUNT_ATTR_NOSUID = 2;
    private const ulong MOUNT_ATTR_NODEV = 4;
    private const ulong MOUNT_ATTR_IDMAP = 0x00100000;
    private const ulong MS_PRIVATE = 1 << 18;

    /// <summary>
    /// Clones the mount at a path. Never set-uid, never devices. Not recursive: what the host mounted below a folder later, or on purpose
    /// elsewhere, is not what the user named, and could not be id-mapped in one step.
    /// </summary>
    /// <param name="path">Path on the host; a link is followed, since the user named it.</param>
    /// <param name="readOnly">No writing through the clone.</param>
    /// <param name="idMap">User namespace of the id map, or null for none.</param>
    /// <returns>The detached mount.</returns>
    /// <exception cref="LinuxException">EINVAL or EOPNOTSUPP: the file system knows no id-mapped mounts.</exception>
    public static FileDescriptor Clone(string path, bool readOnly, FileDescriptor? idMap)
    {
        var tree = new FileDescriptor(Errno.Check(Libc.OpenTree(Libc.AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC), $"open_tree {path}"));
        try
        {
            var attributes = new Libc.MountAttr
            {
                AttrSet = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | (readOnly ? MOUNT_ATTR_RDONLY : 0) | (idMap is null ? 0 : MOUNT_ATTR_IDMAP),
                Propagation = MS_PRIVATE,
                UserNsFd = (ulong)(idMap?.Value ?? 0),
            };
            Errno.Check(Libc.MountSetAttr(tree.Value, 0, attributes), $"mount_setattr on a clone of {path}");
            return tree;
        }
        catch
        {
            tree.Dispose();
            throw;
        }
    }

    /// <summary>Clones a device node, which must stay usable as one.</summary>
    /// <param name="path">The node.</param>
    /// <returns>The detached mount.</returns>
    public static FileDescriptor CloneDevice(string path) =>
        new(Errno.Check(Libc.OpenTree(Libc.AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC), $"open_tree {path}"));

    /// <summary>Puts a detached mount on a place.</summary>
    /// <param name="tree">The mount.</param>
    /// <param name="target">O_PATH descriptor of the place.</param>
    /// <param name="description">For the error.</param>
    public static void Attach(FileDescriptor tree, FileDescriptor target, string description) =>
        Errno.Check(Libc.MoveMount(tree.Value, target.Value), $"move_mount onto {description}");

    /// <summary>Makes one mount read-only in place.</summary>
    /// <param name="path">Where it is.</param>
    public static void MakeReadOnly(string path)
    {
        using FileDescriptor place = FileDescriptor.Open(path, Libc.O_PATH);
        Errno.Check(Libc.MountSetAttr(place.Value, 0, new Libc.MountAttr { AttrSet = MOUNT_ATTR_RDONLY }), $"make {path} read-only");
    }
}
