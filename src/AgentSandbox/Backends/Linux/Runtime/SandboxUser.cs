using System.Globalization;
using System.Text;
using AgentSandbox.Backends.Linux.FileSystem;
using AgentSandbox.Backends.Linux.Native;

namespace AgentSandbox.Backends.Linux.Runtime;

/// <summary>A user inside a sandbox.</summary>
/// <param name="Uid">User id inside.</param>
/// <param name="Gid">Group id inside.</param>
internal readonly record struct SandboxUser(uint Uid, uint Gid)
{
    private const int MaxPasswd = 1 << 20;

    /// <summary>Looks up <c>name</c>, <c>uid</c>, <c>name:group</c> or <c>uid:gid</c> in the root's own passwd(5) and group(5).</summary>
    /// <param name="rootFd">The root.</param>
    /// <param name="user">The text.</param>
    /// <returns>The user.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.UserNotFound"/>.</exception>
    public static SandboxUser Resolve(int rootFd, string user)
    {
        string[] parts = user.Split(':');
        uint uid, gid;
        if (TryNumber(parts[0], out uid))
        {
            gid = Entry(rootFd, "/etc/passwd", f => f.Length > 3 && f[2] == parts[0]) is { } byId && TryNumber(byId[3], out uint g) ? g : uid;
        }
        else if (Entry(rootFd, "/etc/passwd", f => f.Length > 3 && f[0] == parts[0]) is not { } byName || !TryNumber(byName[2], out uid) || !TryNumber(byName[3], out gid))
        {
            throw Unknown("user", parts[0]);
        }

        if (parts.Length == 2 && !TryNumber(parts[1], out gid)
            && (Entry(rootFd, "/etc/group", f => f.Length > 2 && f[0] == parts[1]) is not { } group || !TryNumber(group[2], out gid)))
        {
            throw Unknown("group", parts[1]);
        }

        return new SandboxUser(uid, gid);
    }

    private static SandboxException Unknown(string what, string name) =>
        new(SandboxErrorId.UserNotFound, $"The image has no {what} '{name}'.", $"Use a {what} of its /etc/{(what == "user" ? "passwd" : "group")}, or a number from 0 to 65535.", name);

    private static bool TryNumber(string text, out uint value) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value < 65536;

    private static string[]? Entry(int rootFd, string path, Func<string[], bool> match)
    {
        using FileDescriptor? file = RootPath.TryOpen(rootFd, path, Libc.O_RDONLY | 0x800 /* O_NONBLOCK: never wait for a FIFO that an image has there */);
        if (file is null)
        {
            return null;
        }

        using var stream = new FileStream(new Microsoft.Win32.SafeHandles.SafeFileHandle(file.Value, ownsHandle: false), FileAccess.Read);
        byte[] bytes = new byte[Math.Min(stream.Length, MaxPasswd)];
        int length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return Encoding.UTF8.GetString(bytes, 0, length).Split('\n').Select(l => l.Split(':')).FirstOrDefault(match);
    }
}
