using AgentSandbox.Copying.Files;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Copying.Windows;

/// <summary>Lists an open folder by its handle.</summary>
internal static unsafe class WindowsFolderReader
{
    // FILE_DIRECTORY_INFORMATION: where in it the offset of the next one, the name's length in bytes and the name are.
    private const int NameLengthAt = 60, NameAt = 64;

    /// <summary>Lists a folder from its start.</summary>
    /// <param name="folder">The folder, opened for reading.</param>
    /// <returns>Every name but "." and "..", ending in NUL, in the order of their UTF-16.</returns>
    /// <exception cref="NativeIOException">It can't be read.</exception>
    public static List<byte[]> Read(SafeFileHandle folder)
    {
        var names = new List<string>();
        byte[] buffer = new byte[64 * 1024];
        fixed (byte* start = buffer)
        {
            for (byte restart = 1; ; restart = 0)
            {
                NtFile.IoStatusBlock io;
                uint status = NtFile.NtQueryDirectoryFile(
                    folder, IntPtr.Zero, IntPtr.Zero, IntPtr.Zero, &io, start, (uint)buffer.Length, NtFile.FileDirectoryInformation, 0, null, restart);
                if (status is NtStatus.NoMoreFiles or NtStatus.NoSuchFile)
                {
                    break;
                }

                if (status != 0)
                {
                    throw new NativeIOException(NtStatus.ToErrno(status), "list a folder", default);
                }

                Take(start, names);
            }
        }

        names.Sort(StringComparer.Ordinal);
        return names.ConvertAll(NameBytes.Of);
    }

    private static void Take(byte* entry, List<string> names)
    {
        while (true)
        {
            string name = new((char*)(entry + NameAt), 0, (int)(*(uint*)(entry + NameLengthAt) / sizeof(char)));
            if (name is not ("." or ".."))
            {
                names.Add(name);
            }

            uint next = *(uint*)entry;
            if (next == 0)
            {
                return;
            }

            entry += next;
        }
    }
}
