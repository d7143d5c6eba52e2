using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Copying.Windows;

/// <summary>
/// The calls of ntdll and kernel32 that copying needs, as Microsoft documents them. NtCreateFile is the one call of Windows that opens a name
/// relative to an open folder, as openat(2) does: no path that could be swapped meanwhile, and none that could be too long. Blittable signatures
/// only, so that this is compiled ahead of time and into .NET Framework alike.
/// </summary>
internal static unsafe class NtFile
{
    public const uint FILE_READ_DATA = 0x1; // FILE_LIST_DIRECTORY
    public const uint FILE_WRITE_DATA = 0x2;
    public const uint FILE_TRAVERSE = 0x20;
    public const uint FILE_READ_ATTRIBUTES = 0x80;
    public const uint FILE_WRITE_ATTRIBUTES = 0x100;
    public const uint DELETE = 0x10000;
    public const uint SYNCHRONIZE = 0x100000;

    public const uint FILE_SHARE_READ = 1;
    public const uint FILE_SHARE_WRITE = 2;
    public const uint FILE_SHARE_DELETE = 4;

    public const uint FILE_OPEN = 1;
    public const uint FILE_CREATE = 2;

    public const uint FILE_DIRECTORY_FILE = 0x1;
    public const uint FILE_SYNCHRONOUS_IO_NONALERT = 0x20;
    public const uint FILE_NON_DIRECTORY_FILE = 0x40;
    public const uint FILE_OPEN_REPARSE_POINT = 0x200000;

    public const uint FILE_ATTRIBUTE_DIRECTORY = 0x10;
    public const uint FILE_ATTRIBUTE_NORMAL = 0x80;
    public const uint FILE_ATTRIBUTE_REPARSE_POINT = 0x400;

    public const uint OPEN_EXISTING = 3;
    public const uint FILE_FLAG_BACKUP_SEMANTICS = 0x2000000;

    public const int FileDirectoryInformation = 1;
    public const int FileBasicInformation = 4;
    public const int FileStandardInformation = 5;
    public const int FileRenameInformation = 10;
    public const int FileDispositionInformation = 13;

    private const uint OBJ_CASE_INSENSITIVE = 0x40;

    /// <summary>Opens or makes one name in an open folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">One component; empty for the folder itself.</param>
    /// <param name="access">What is to be done with it.</param>
    /// <param name="share">What others may do meanwhile.</param>
    /// <param name="disposition">FILE_OPEN or FILE_CREATE.</param>
    /// <param name="options">FILE_OPEN_REPARSE_POINT and its like.</param>
    /// <param name="status">The NTSTATUS.</param>
    /// <returns>The file, or null.</returns>
    public static SafeFileHandle? Open(SafeFileHandle folder, string name, uint access, uint share, uint disposition, uint options, out uint status)
    {
        bool held = false;
        try
        {
            folder.DangerousAddRef(ref held);
            fixed (char* text = name)
            {
                var unicode = new UnicodeString { Length = (ushort)(name.Length * 2), MaximumLength = (ushort)(name.Length * 2), Buffer = text };
                var attributes = new ObjectAttributes { Length = (uint)sizeof(ObjectAttributes), RootDirectory = folder.DangerousGetHandle(), ObjectName = &unicode, Attributes = OBJ_CASE_INSENSITIVE };
                IoStatusBlock io;
                IntPtr handle;
                status = NtCreateFile(&handle, access | SYNCHRONIZE, &attributes, &io, null, FILE_ATTRIBUTE_NORMAL, share, disposition, options | FILE_SYNCHRONOUS_IO_NONALERT, null, 0);
                return status == 0 ? new SafeFileHandle(handle, ownsHandle: true) : null;
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

    [DllImport("ntdll")]
    public static extern uint NtQueryInformationFile(SafeFileHandle file, IoStatusBlock* io, void* information, uint length, int kind);

    [DllImport("ntdll")]
    public static extern uint NtSetInformationFile(SafeFileHandle file, IoStatusBlock* io, void* information, uint length, int kind);

    [DllImport("ntdll")]
    public static extern uint NtReadFile(SafeFileHandle file, IntPtr wait, IntPtr routine, IntPtr context, IoStatusBlock* io, void* buffer, uint length, long* offset, uint* key);

    [DllImport("ntdll")]
    public static extern uint NtWriteFile(SafeFileHandle file, IntPtr wait, IntPtr routine, IntPtr context, IoStatusBlock* io, void* buffer, uint length, long* offset, uint* key);

    [DllImport("ntdll")]
    public static extern uint NtQueryDirectoryFile(
        SafeFileHandle folder, IntPtr wait, IntPtr routine, IntPtr context, IoStatusBlock* io, void* information, uint length, int kind, byte single, UnicodeString* pattern, byte restart);

    [DllImport("kernel32")]
    public static extern IntPtr CreateFileW(char* path, uint access, uint share, IntPtr security, uint disposition, uint flags, IntPtr template);

    [DllImport("kernel32")]
    public static extern uint GetLastError();

    [DllImport("ntdll")]
    private static extern uint NtCreateFile(
        IntPtr* handle, uint access, ObjectAttributes* attributes, IoStatusBlock* io, long* allocation, uint fileAttributes, uint share, uint disposition, uint options, void* extended, uint extendedLength);

    /// <summary>UNICODE_STRING; lengths in bytes.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct UnicodeString
    {
        public ushort Length;
        public ushort MaximumLength;
        public char* Buffer;
    }

    /// <summary>IO_STATUS_BLOCK.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct IoStatusBlock
    {
        public IntPtr Status;
        public UIntPtr Information;
    }

    /// <summary>FILE_BASIC_INFORMATION; times in 100 ns since 1601, zero for "as it is".</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct BasicInformation
    {
        public long CreationTime;
        public long LastAccessTime;
        public long LastWriteTime;
        public long ChangeTime;
        public uint FileAttributes;
    }

    /// <summary>FILE_STANDARD_INFORMATION.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct StandardInformation
    {
        public long AllocationSize;
        public long EndOfFile;
        public uint NumberOfLinks;
        public byte DeletePending;
        public byte Directory;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct ObjectAttributes
    {
        public uint Length;
        public IntPtr RootDirectory;
        public UnicodeString* ObjectName;
        public uint Attributes;
        public void* SecurityDescriptor;
        public void* SecurityQualityOfService;
    }
}
