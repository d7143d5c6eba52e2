using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.Connection.FileChannel;

/// <summary>
/// The calls that <see cref="WindowsIncomingFolder"/> needs. DllImport with types that need no marshalling, since LibraryImport's generator
/// does not exist for .NET Framework, where the guest runs.
/// </summary>
internal static unsafe class WindowsFileCalls
{
    public const uint ListFolder = 0x1;
    public const uint ShareAll = 0x7;
    public const uint OpenExisting = 3;
    public const uint BackupSemantics = 0x02000000;
    public const uint OpenReparsePoint = 0x00200000;
    public const uint TypeDisk = 1;

    private const uint GenericRead = 0x80000000;
    private const uint Synchronize = 0x00100000;
    private const uint Open = 1;
    private const uint SynchronousNonAlert = 0x20;
    private const uint NotFolder = 0x40;
    private const uint NtOpenReparsePoint = 0x00200000;

    /// <summary>ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND, ERROR_SHARING_VIOLATION, ERROR_DELETE_PENDING.</summary>
    public static bool IsNotThere(int error) => error is 2 or 3 or 32 or 303;

    /// <summary>STATUS_NO_SUCH_FILE, _OBJECT_NAME_NOT_FOUND, _OBJECT_PATH_NOT_FOUND, _SHARING_VIOLATION, _DELETE_PENDING.</summary>
    public static bool IsNotThereStatus(uint status) => status is 0xC000000F or 0xC0000034 or 0xC000003A or 0xC0000043 or 0xC0000056;

    /// <summary>NtCreateFile: opens a file for reading in an open folder, without following a reparse point.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">One component.</param>
    /// <param name="handle">The file.</param>
    /// <returns>The NTSTATUS; 0 when it is open.</returns>
    public static uint OpenRelative(SafeFileHandle folder, string name, out nint handle)
    {
        fixed (char* text = name)
        {
            var unicode = new UnicodeString { Length = (ushort)(name.Length * 2), MaximumLength = (ushort)(name.Length * 2), Text = text };
            var attributes = new ObjectAttributes { Size = sizeof(ObjectAttributes), RootFolder = folder.DangerousGetHandle(), Name = &unicode };
            IoStatus io;
            nint opened;
            uint status = NtCreateFile(
                &opened, GenericRead | Synchronize, &attributes, &io, null, 0, ShareAll, Open, SynchronousNonAlert | NotFolder | NtOpenReparsePoint, null, 0);
            handle = status == 0 ? opened : 0;
            return status;
        }
    }

    [DllImport("kernel32.dll", EntryPoint = "CreateFileW", SetLastError = true, ExactSpelling = true)]
    public static extern nint CreateFile(char* name, uint access, uint share, void* security, uint disposition, uint flags, nint template);

    [DllImport("kernel32.dll", SetLastError = true, ExactSpelling = true)]
    public static extern int GetFileInformationByHandle(nint file, FileInformation* information);

    [DllImport("kernel32.dll", SetLastError = true, ExactSpelling = true)]
    public static extern uint GetFileType(nint file);

    [DllImport("ntdll.dll", ExactSpelling = true)]
    private static extern uint NtCreateFile(
        nint* handle, uint access, ObjectAttributes* attributes, IoStatus* io, long* size, uint fileAttributes, uint share, uint disposition, uint options, void* extended, uint length);

    /// <summary>BY_HANDLE_FILE_INFORMATION, whose times are pairs of 32-bit numbers: packed.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    public struct FileInformation
    {
        public uint Attributes;
        public long CreationTime;
        public long AccessTime;
        public long WriteTime;
        public uint Volume;
        public uint SizeHigh;
        public uint SizeLow;
        public uint Links;
        public uint IndexHigh;
        public uint IndexLow;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct UnicodeString
    {
        public ushort Length;
        public ushort MaximumLength;
        public char* Text;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct ObjectAttributes
    {
        public int Size;
        public nint RootFolder;
        public UnicodeString* Name;
        public uint Attributes;
        public void* SecurityDescriptor;
        public void* SecurityQuality;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct IoStatus
    {
        public nint Status;
        public nuint Information;
    }
}
