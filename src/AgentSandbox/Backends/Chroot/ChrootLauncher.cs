using System.Globalization;
using System.Text;
using AgentSandbox.Backends.Linux.FileSystem;
using AgentSandbox.Backends.Linux.Native;
using AgentSandbox.Backends.Linux.Runtime;
using AgentSandbox.State;

namespace AgentSandbox.Backends.Chroot;

/// <summary>
/// Starts the guest in a chroot(2), as a host user that no other process has, with no new privileges, no capabilities and a seccomp filter;
/// or, when <c>-User root</c> was asked for, as the host's root with all its power.
/// </summary>
internal sealed class ChrootLauncher : GuestLauncher
{
    /// <summary>Id of the user <c>sandbox</c> in images made by us; its files become the sandbox's own user's.</summary>
    private const uint ImageUser = 1000;

    /// <inheritdoc/>
    public override bool HasProcessNamespace => false;

    /// <summary>True when the specification asks for the host's root.</summary>
    public static bool IsRoot(SandboxSpecification specification) => specification.User?.Split(':')[0] is "root" or "0";

    /// <inheritdoc/>
    public override RootPlan PlanRoot(SandboxRecord record) => IsRoot(record.Specification)
        ? new RootPlan(null, 0, OwnProc: true)
        : new RootPlan(
            [new IdMapRange(0, 0, ImageUser), new IdMapRange(ImageUser, OwnUser(record), 1), new IdMapRange(ImageUser + 1, ImageUser + 1, 65535 - ImageUser)],
            0,
            OwnProc: true);

    /// <inheritdoc/>
    public override SandboxUser HostUser(SandboxRecord record, int rootFd) => record.Specification.User is { } user
        ? SandboxUser.Resolve(rootFd, user)
        : new SandboxUser(OwnUser(record), OwnUser(record));

    /// <summary>Gives the sandbox's own user a name, so that programs which look themselves up find one.</summary>
    public override void Prepare(SandboxRecord record, int rootFd)
    {
        if (record.Specification.User is not null)
        {
            return;
        }

        Append(rootFd, "/etc/passwd", string.Create(CultureInfo.InvariantCulture, $"sandbox:x:{OwnUser(record)}:{OwnUser(record)}:sandbox:/home/sandbox:/bin/sh\n"));
        Append(rootFd, "/etc/group", string.Create(CultureInfo.InvariantCulture, $"sandbox:x:{OwnUser(record)}:\n"));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> CommandLine(SandboxRecord record, SandboxUser user, string root)
    {
        List<string> line = [SandboxPrograms.Guest, "serve", "--chroot", root, "--self", SandboxPaths.GuestInRoot];
        if (!IsRoot(record.Specification))
        {
            line.AddRange(["--run-as", string.Create(CultureInfo.InvariantCulture, $"{user.Uid}:{user.Gid}"), .. Confinement(record)]);
        }

        return line;
    }

    private static uint OwnUser(SandboxRecord record) => record.IdBase + ImageUser;

    /// <summary>Puts the line in place of the one of that name, if there is any.</summary>
    private static void Append(int rootFd, string path, string line)
    {
        const int NonBlocking = 0x800;
        using FileDescriptor? file = RootPath.TryOpen(rootFd, path, Libc.O_RDWR | NonBlocking);
        if (file is null)
        {
            return; // A bare image has no such file, and so no program that reads it.
        }

        using var stream = new FileStream(new Microsoft.Win32.SafeHandles.SafeFileHandle(file.Value, ownsHandle: false), FileAccess.ReadWrite);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        string name = line[..(line.IndexOf(':', StringComparison.Ordinal) + 1)];
        string[] others = [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => !l.StartsWith(name, StringComparison.Ordinal))];
        stream.SetLength(0);
        stream.Write(Encoding.UTF8.GetBytes(string.Concat(others.Select(l => l + "\n")) + line));
    }
}
