using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace AgentSandbox.Host.CommandLine.Streams.Windows;

/// <summary>The calls of kernel32 that the raw standard streams need. Named as in Microsoft's documentation.</summary>
[SupportedOSPlatform("windows")]
internal static partial class ConsoleApi
{
    public const int STD_INPUT_HANDLE = -10;
    public const int ERROR_INVALID_HANDLE = 6;
    public const int ERROR_HANDLE_EOF = 38;
    public const int ERROR_BROKEN_PIPE = 109;
    public const int ERROR_NO_DATA = 232;
    public const int ERROR_PIPE_NOT_CONNECTED = 233;
    public const int ERROR_OPERATION_ABORTED = 995;
    public const uint ENABLE_VIRTUAL_TERMINAL_PROCESSING = 4;

    [LibraryImport("kernel32", SetLastError = true)]
    public static partial nint GetStdHandle(int standardHandle);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool GetConsoleMode(nint console, out uint mode);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static partial bool SetConsoleMode(nint console, uint mode);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static unsafe partial bool ReadFile(nint file, byte* buffer, uint count, out uint read, nint overlapped);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static unsafe partial bool WriteFile(nint file, byte* buffer, uint count, out uint written, nint overlapped);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static unsafe partial bool ReadConsoleW(nint console, char* buffer, uint characters, out uint read, nint control);

    [LibraryImport("kernel32", SetLastError = true)]
    [return: MarshalAs(UnmanagedType.Bool)]
    public static unsafe partial bool WriteConsoleW(nint console, char* buffer, uint characters, out uint written, nint reserved);
}
