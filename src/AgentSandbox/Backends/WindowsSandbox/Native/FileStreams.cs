using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace AgentSandbox.Backends.WindowsSandbox.Native;

/// <summary>Alternate data streams of NTFS: bytes of a file that its length does not show (FindFirstStreamW, fileapi.h).</summary>
[SupportedOSPlatform("windows")]
internal static unsafe partial class FileStreams
{
    private const string Main = "::$DATA";

    /// <summary>Adds up a file's alternate streams.</summary>
    /// <param name="path">Absolute path.</param>
    /// <returns>Bytes; 0 where the file system has no such streams.</returns>
    public static long AlternateBytes(string path)
    {
        StreamData data;
        nint search = FindFirstStreamW(@"\\?\" + path, 0, &data, 0);
        if (search == -1)
        {
            return 0;
        }

        long total = 0;
        try
        {
            do
            {
                total += new string(data.Name) == Main ? 0 : data.Size;
            }
            while (FindNextStreamW(search, &data));
        }
        finally
        {
            _ = FindClose(search); // Nothing depends on it.
        }

        return total;
    }

    [LibraryImport("kernel32", StringMarshalling = StringMarshalling.Utf16)]
    private static partial nint FindFirstStreamW(string path, int level, StreamData* data, uint flags);

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool FindNextStreamW(nint search, StreamData* data);

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool FindClose(nint search);

    /// <summary>WIN32_FIND_STREAM_DATA.</summary>
    private struct StreamData
    {
        public long Size;
        public fixed char Name[296];
    }
}
