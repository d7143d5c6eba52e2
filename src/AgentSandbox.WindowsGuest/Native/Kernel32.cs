using System.Runtime.InteropServices;

namespace AgentSandbox.WindowsGuest.Native;

/// <summary>Processes, pipes and handles of kernel32, as its documentation has them. Types that need no marshalling; 0 means failure where a call gives an int.</summary>
internal static unsafe class Kernel32
{
    public const uint HandleFlagInherit = 1;

    public const uint CreateSuspended = 0x4;
    public const uint CreateNewProcessGroup = 0x200;
    public const uint CreateUnicodeEnvironment = 0x400;
    public const uint ExtendedStartupInfoPresent = 0x80000;
    public const uint CreateNoWindow = 0x08000000;
    public const uint DetachedProcess = 0x8;

    public const uint StartUseStdHandles = 0x100;
    public const nint AttributeHandleList = 0x20002;

    public const uint GenericRead = 0x80000000;
    public const uint GenericWrite = 0x40000000;
    public const uint ShareReadWrite = 3;
    public const uint OpenExisting = 3;

    public const uint WaitObject0 = 0;
    public const uint CtrlBreakEvent = 1;
    public const uint ThreadTerminate = 1;

    /// <summary>STATUS_CONTROL_C_EXIT: how a process ends that does not handle CTRL+C or CTRL+BREAK.</summary>
    public const uint ControlCExit = 0xC000013A;

    [DllImport("kernel32.dll", SetLastError = true, ExactSpelling = true)]
    public static extern int CreatePipe(nint* read, nint* write, SecurityAttributes* attributes, uint size);

    [DllImport("kernel32.dll", SetLastError = true, ExactSpelling = true)]
    public static extern int SetHandleInformation(nint handle, uint mask, uint flags);

    [DllImport("kernel32.dll", SetLastError = true, ExactSpelling = true)]
    public static extern int ReadFile(nint file, byte* buffer, uint count, uint* done, void* overlapped);

    [DllImport("kernel32.dll", SetLastError = true, ExactSpelling = true)]
    public static extern int WriteFile(nint file, byte* buffer, uint count, uint* done, void* overlapped);

    [DllImport("kernel32.dll", SetLastError = true, ExactSpelling = true)]
    public static extern int PeekNamedPipe(nint pipe, void* buffer, uint size, uint* read, uint* available, uint* left);

    [DllImport("kernel32.dll", EntryPoint = "CreateFileW", SetLastError = true, ExactSpelling = true)]
    public static extern nint CreateFile(char* name, uint access, uint share, SecurityAttributes* attributes, uint disposition, uint flags, nint template);

    [DllImport("kernel32.dll", EntryPoint = "CreateProcessW", SetLastError = true, ExactSpelling = true)]
    public static extern int CreateProcess(
        char* application, char* commandLine, void* process, void* thread, int inherit, uint flags, char* environment, char* folder, StartupInfoEx* startup, ProcessInformation* result);

    [DllImport("kernel32.dll", SetLastError = true, ExactSpelling = true)]
    public static extern int InitializeProcThreadAttributeList(void* list, uint count, uint flags, nuint* size);

    [DllImport("kernel32.dll", SetLastError = true, ExactSpelling = true)]
    public static extern int UpdateProcThreadAttribute(void* list, uint flags, nint attribute, void* value, nuint size, void* previous, nuint* returned);

    [DllImport("kernel32.dll", ExactSpelling = true)]
    public static extern void DeleteProcThreadAttributeList(void* list);

    [DllImport("kernel32.dll", SetLastError = true, ExactSpelling = true)]
    public static extern uint ResumeThread(nint thread);

    [DllImport("kernel32.dll", SetLastError = true, ExactSpelling = true)]
    public static extern int GetExitCodeProcess(nint process, uint* code);

    [DllImport("kernel32.dll", SetLastError = true, ExactSpelling = true)]
    public static extern int TerminateProcess(nint process, uint code);

    [DllImport("kernel32.dll", SetLastError = true, ExactSpelling = true)]
    public static extern uint WaitForSingleObject(nint handle, uint milliseconds);

    [DllImport("kernel32.dll", SetLastError = true, ExactSpelling = true)]
    public static extern int CloseHandle(nint handle);

    [DllImport("kernel32.dll", SetLastError = true, ExactSpelling = true)]
    public static extern nint OpenThread(uint access, int inherit, uint id);

    [DllImport("kernel32.dll", ExactSpelling = true)]
    public static extern uint GetCurrentThreadId();

    [DllImport("kernel32.dll", SetLastError = true, ExactSpelling = true)]
    public static extern int CancelSynchronousIo(nint thread);

    [DllImport("kernel32.dll", SetLastError = true, ExactSpelling = true)]
    public static extern int FreeConsole();

    [DllImport("kernel32.dll", SetLastError = true, ExactSpelling = true)]
    public static extern int AttachConsole(uint process);

    [DllImport("kernel32.dll", SetLastError = true, ExactSpelling = true)]
    public static extern int SetConsoleCtrlHandler(nint handler, int add);

    [DllImport("kernel32.dll", SetLastError = true, ExactSpelling = true)]
    public static extern int GenerateConsoleCtrlEvent(uint what, uint group);

    /// <summary>SECURITY_ATTRIBUTES.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct SecurityAttributes
    {
        public int Size;
        public void* Descriptor;
        public int Inherit;
    }

    /// <summary>STARTUPINFOEXW.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct StartupInfoEx
    {
        public int Size;
        public char* Reserved;
        public char* Desktop;
        public char* Title;
        public int X;
        public int Y;
        public int Width;
        public int Height;
        public int Columns;
        public int Rows;
        public int Fill;
        public uint Flags;
        public short ShowWindow;
        public short ReservedSize;
        public void* ReservedData;
        public nint StandardInput;
        public nint StandardOutput;
        public nint StandardError;
        public void* Attributes;
    }

    /// <summary>PROCESS_INFORMATION.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct ProcessInformation
    {
        public nint Process;
        public nint Thread;
        public uint ProcessId;
        public uint ThreadId;
    }
}
