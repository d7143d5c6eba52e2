using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Copying.Windows;

/// <summary>Renames an open file in the folder that it is in.</summary>
internal static unsafe class WindowsRename
{
    // FILE_RENAME_INFORMATION: BOOLEAN, padding, HANDLE, ULONG of bytes, and the name right behind it.
    private static readonly int _rootAt = IntPtr.Size;
    private static readonly int _lengthAt = 2 * IntPtr.Size;
    private static readonly int _nameAt = _lengthAt + sizeof(uint);

    /// <summary>Renames it; what has the name goes in the same step.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="file">The file, opened for DELETE.</param>
    /// <param name="name">Its new name.</param>
    /// <returns>The NTSTATUS.</returns>
    public static uint Within(SafeFileHandle folder, SafeFileHandle file, string name)
    {
        // At least as long as the structure with a name of one character and its padding.
        byte[] information = new byte[_nameAt + (name.Length * sizeof(char)) + IntPtr.Size];
        bool held = false;
        try
        {
            folder.DangerousAddRef(ref held);
            fixed (byte* start = information)
            fixed (char* text = name)
            {
                *start = 1;
                *(IntPtr*)(start + _rootAt) = folder.DangerousGetHandle();
                *(uint*)(start + _lengthAt) = (uint)(name.Length * sizeof(char));
                Buffer.MemoryCopy(text, start + _nameAt, information.Length - _nameAt, name.Length * sizeof(char));
                NtFile.IoStatusBlock io;
                return NtFile.NtSetInformationFile(file, &io, start, (uint)information.Length, NtFile.FileRenameInformation);
            }
        }
        finally
        {
            if (held)
            {
                folder.DangerousRelease();
            }
        }
    }
}
