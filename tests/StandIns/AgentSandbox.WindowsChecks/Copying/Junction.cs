using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace AgentSandbox.WindowsChecks.Copying;

/// <summary>
/// Makes the link that every user of Windows may make: a junction, by FSCTL_SET_REPARSE_POINT. Wine can't, but shows where something is mounted as a
/// reparse point when it is opened as such: there, whoever runs the checks is asked for a mount ("mount TARGET PATH" on standard output, any line back).
/// </summary>
internal static unsafe partial class Junction
{
    private const int NotSupported = 50;

    private const uint GenericWrite = 0x40000000, OpenExisting = 3, BackupSemantics = 0x02000000, OpenReparsePoint = 0x00200000, SetReparsePoint = 0x900A4, MountPointTag = 0xA0000003;

    public static void Create(string path, string target)
    {
        Directory.CreateDirectory(path);
        byte[] substitute = Encoding.Unicode.GetBytes(@"\??\" + target);
        byte[] print = Encoding.Unicode.GetBytes(target);
        using var data = new MemoryStream();
        using var writer = new BinaryWriter(data);
        writer.Write(MountPointTag);
        writer.Write((ushort)(substitute.Length + print.Length + 12)); // Four lengths and two NUL characters.
        writer.Write((ushort)0);
        writer.Write((ushort)0);
        writer.Write((ushort)substitute.Length);
        writer.Write((ushort)(substitute.Length + 2));
        writer.Write((ushort)print.Length);
        writer.Write(substitute);
        writer.Write((ushort)0);
        writer.Write(print);
        writer.Write((ushort)0);
        byte[] buffer = data.ToArray();
        using SafeFileHandle folder = CreateFileW(path, GenericWrite, 0, 0, OpenExisting, BackupSemantics | OpenReparsePoint, 0);
        fixed (byte* start = buffer)
        {
            if (folder.IsInvalid || !DeviceIoControl(folder, SetReparsePoint, start, (uint)buffer.Length, null, 0, out _, 0))
            {
                if (Marshal.GetLastPInvokeError() == NotSupported)
                {
                    Console.Out.WriteLine($"mount {target}|{path}");
                    _ = Console.In.ReadLine();
                    return;
                }

                throw new IOException($"No junction could be made: error {Marshal.GetLastPInvokeError()}.");
            }
        }

    }

    [LibraryImport("kernel32", StringMarshalling = StringMarshalling.Utf16, SetLastError = true)]
    private static partial SafeFileHandle CreateFileW(string path, uint access, uint share, nint security, uint disposition, uint flags, nint template);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool DeviceIoControl(SafeFileHandle file, uint code, byte* input, uint inputLength, byte* output, uint outputLength, out uint returned, nint overlapped);
}
