using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Copying.Files;

/// <summary>Lists an open folder by getdents64(2): names as bytes, and no path that could be swapped meanwhile.</summary>
internal static class FolderReader
{
    /// <summary>Lists a folder.</summary>
    /// <param name="folder">The folder, opened for reading.</param>
    /// <returns>Every name but "." and "..", ending in NUL, in the order of their bytes.</returns>
    public static unsafe List<byte[]> Read(SafeFileHandle folder)
    {
        List<byte[]> names = [];
        byte[] buffer = new byte[32 * 1024];
        fixed (byte* p = buffer)
        {
            nint length;
            while ((length = Native.ReadFolder(folder, p, buffer.Length)) > 0)
            {
                // struct linux_dirent64: u64 inode, i64 offset, u16 length, u8 type, name with NUL.
                for (int at = 0; at < length;)
                {
                    ushort size = BinaryPrimitives.ReadUInt16LittleEndian(buffer.AsSpan(at + 16));
                    Span<byte> name = buffer.AsSpan(at + 19, size - 19);
                    name = name[..(name.IndexOf((byte)0) + 1)];
                    if (!name.SequenceEqual(".\0"u8) && !name.SequenceEqual("..\0"u8))
                    {
                        names.Add(name.ToArray());
                    }

                    at += size;
                }
            }

            if (length < 0)
            {
                throw NativeIOException.Last("getdents64", default);
            }
        }

        names.Sort(static (a, b) => a.AsSpan().SequenceCompareTo(b));
        return names;
    }
}
