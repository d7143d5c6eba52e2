using System.Globalization;
using AgentSandbox.Backends.Linux.FileSystem;
using AgentSandbox.Backends.Linux.Native;
using AgentSandbox.Backends.Linux.Runtime;
using AgentSandbox.State;

namespace AgentSandbox.Backends.Nspawn;

/// <summary>Starts the guest as the first process of a systemd-nspawn container, hardened as docs/design/linux-runtime.md says.</summary>
internal sealed class NspawnLauncher : GuestLauncher
{
    /// <summary>
    /// Everything that systemd-nspawn(1) would leave a container, less what the guest program itself needs, within the sandbox's own user
    /// namespace: to become another user, to end processes of other users, to find them, and to give these very capabilities up. Commands
    /// get none at all.
    /// </summary>
    private const string DroppedCapabilities =
        "CAP_AUDIT_CONTROL,CAP_AUDIT_WRITE,CAP_CHOWN,CAP_DAC_OVERRIDE,CAP_DAC_READ_SEARCH,CAP_FOWNER,CAP_FSETID,CAP_IPC_OWNER,CAP_LEASE,"
        + "CAP_LINUX_IMMUTABLE,CAP_MKNOD,CAP_NET_ADMIN,CAP_NET_BIND_SERVICE,CAP_NET_BROADCAST,CAP_NET_RAW,CAP_SYS_ADMIN,CAP_SYS_BOOT,"
        + "CAP_SYS_CHROOT,CAP_SYS_NICE,CAP_SYS_RESOURCE,CAP_SYS_TTY_CONFIG";

    /// <inheritdoc/>
    public override bool HasProcessNamespace => true;

    /// <summary>
    /// Without systemd-nspawn's seccomp filter: the guest installs its own, stricter one before it serves (and exits when it can't).
    /// Compiling systemd's costs 64 of the 80 milliseconds of a start. /tmp stays on the sandbox's disk, where the disk limit holds.
    /// </summary>
    public override IReadOnlyList<string> Environment => [.. base.Environment, "SYSTEMD_SECCOMP=0", "SYSTEMD_NSPAWN_TMPFS_TMP=0"];

    /// <inheritdoc/>
    public override RootPlan PlanRoot(SandboxRecord record) => new(IdMap.Shift(record.IdBase), record.IdBase, OwnProc: false);

    /// <inheritdoc/>
    public override SandboxUser HostUser(SandboxRecord record, int rootFd)
    {
        SandboxUser inside = record.Specification.User is { } user ? SandboxUser.Resolve(rootFd, user) : new SandboxUser(0, 0);
        return new SandboxUser(record.IdBase + inside.Uid, record.IdBase + inside.Gid);
    }

    /// <summary>
    /// systemd-nspawn keeps a lock and a folder of its own in /run/systemd/nspawn and leaks both when it is killed; in a file system that
    /// only this namespace has they go with it. One sandbox has one supervisor, so its lock is not missed.
    /// </summary>
    public override void Prepare(SandboxRecord record, int rootFd)
    {
        Directory.CreateDirectory("/run/systemd/nspawn");
        Errno.Check(Libc.Mount("tmpfs", "/run/systemd/nspawn", "tmpfs", Libc.MS_NOSUID | Libc.MS_NODEV | Libc.MS_NOEXEC, "mode=755,size=1m"), "mount /run/systemd/nspawn");
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> CommandLine(SandboxRecord record, SandboxUser user, string root)
    {
        SandboxSpecification specification = record.Specification;
        List<string> line =
        [
            NspawnBackend.Program!,
            "--quiet", "--register=no", "--keep-unit", "--console=pipe", "--settings=no",
            "--directory=" + root,
            "--machine=" + record.Id,
            "--hostname=" + (specification.Hostname ?? record.Name.Replace('_', '-')),
            string.Create(CultureInfo.InvariantCulture, $"--private-users={record.IdBase}:65536"),
            "--private-users-ownership=off",
            "--no-new-privileges=yes",
            //// Root needs CAP_SETFCAP to map itself into a user namespace of its own; commands of no other user get it.
            "--drop-capability=" + (specification.Allows(SandboxAllowance.NestedUserNamespace) ? DroppedCapabilities : DroppedCapabilities + ",CAP_SETFCAP"),
            "--resolv-conf=off", "--timezone=off", "--link-journal=off",
        ];
        if (!specification.Allows(SandboxAllowance.Tun))
        {
            line.Add("--bind-ro=/dev/null:/dev/net/tun"); // systemd-nspawn gives every container this device.
        }

        if (specification.Network != NetworkMode.Host)
        {
            line.Add("--private-network");
        }

        line.AddRange([SandboxPaths.GuestInRoot, "serve", "--self", SandboxPaths.GuestInRoot, .. Confinement(record)]);
        return line;
    }
}
