using System.Buffers.Binary;
using System.Runtime.InteropServices;
using AgentSandbox.Backends.Linux.Native;

namespace AgentSandbox.Backends.Linux.FileSystem;

/// <summary>Owner and group of a file, statx(2): its structure is the same on every architecture.</summary>
internal static unsafe partial class FileOwner
{
    private const int UidOffset = 0x14;
    private const int GidOffset = 0x18;

    /// <summary>Reads owner and group; links are followed.</summary>
    /// <param name="path">The path.</param>
    /// <returns>Host user and group id.</returns>
    public static (uint Uid, uint Gid) Of(string path)
    {
        Span<byte> buffer = stackalloc byte[256];
        fixed (byte* p = buffer)
        {
            Errno.Check(StatX(Libc.AT_FDCWD, path, 0, 0x8 | 0x10, p), $"statx {path}");
        }

        return (BinaryPrimitives.ReadUInt32LittleEndian(buffer[UidOffset..]), BinaryPrimitives.ReadUInt32LittleEndian(buffer[GidOffset..]));
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int dirfd, string path, int flags, uint mask, byte* buffer);
}
