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

    /// <summary>Finds the name that a file has on the disk.</summary>
    /// <param name="folder">The folder that it is in.</param>
    /// <param name="name">A name that opens it, without wildcards.</param>
    /// <returns>Its long name in its own case; null when there is no such file.</returns>
    /// <exception cref="NativeIOException">The folder can't be read.</exception>
    public static string? NameOnDisk(SafeFileHandle folder, string name)
    {
        // On a handle of its own: the first question on one fixes what all later ones are about.
        using SafeFileHandle? list = NtFile.Open(
            folder, "", NtFile.FILE_READ_DATA, NtFile.FILE_SHARE_READ | NtFile.FILE_SHARE_WRITE, NtFile.FILE_OPEN, NtFile.FILE_DIRECTORY_FILE, out uint status);
        byte* entry = stackalloc byte[NameAt + (2 * WindowsFileName.MaxLength) + sizeof(long)];
        fixed (char* text = name)
        {
            var pattern = new NtFile.UnicodeString { Length = (ushort)(name.Length * 2), MaximumLength = (ushort)(name.Length * 2), Buffer = text };
            NtFile.IoStatusBlock io;
            if (list is not null)
            {
                status = NtFile.NtQueryDirectoryFile(
                    list, IntPtr.Zero, IntPtr.Zero, IntPtr.Zero, &io, entry, NameAt + (2 * WindowsFileName.MaxLength) + sizeof(long), NtFile.FileDirectoryInformation, 1, &pattern, 1);
            }
        }

        return status switch
        {
            0 => NameAtEntry(entry),
            NtStatus.NoMoreFiles or NtStatus.NoSuchFile => null,
            _ => throw new NativeIOException(NtStatus.ToErrno(status), "list a folder", default),
        };
    }

    private static string NameAtEntry(byte* entry) => new((char*)(entry + NameAt), 0, (int)(*(uint*)(entry + NameLengthAt) / sizeof(char)));

    private static void Take(byte* entry, List<string> names)
    {
        while (true)
        {
            string name = NameAtEntry(entry);
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
