using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;

namespace AgentSandbox.Backends.Wsl.Cli;

/// <summary>
/// Starts a process that outlives this one. On Windows with CreateProcessW itself: System.Diagnostics.Process lets a child inherit every inheritable handle, so
/// that whoever captures the output of this PowerShell would wait for the child too.
/// </summary>
internal static partial class DetachedProcess
{
    private const uint CREATE_UNICODE_ENVIRONMENT = 0x400;
    private const uint CREATE_NEW_PROCESS_GROUP = 0x200;
    private const uint CREATE_NO_WINDOW = 0x08000000;
    private const uint CREATE_BREAKAWAY_FROM_JOB = 0x01000000;
    private const int ERROR_ACCESS_DENIED = 5;

    /// <summary>Starts a program with no standard streams of ours.</summary>
    /// <param name="path">Its absolute path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <exception cref="Win32Exception">It can't be started.</exception>
    public static void Start(string path, IReadOnlyList<string> arguments)
    {
        if (OperatingSystem.IsWindows())
        {
            StartOnWindows(path, arguments);
            return;
        }

        // Elsewhere a program stands in for wsl.exe: in a session of its own, which no signal of a terminal reaches, with streams whose other ends are closed at once.
        var start = new ProcessStartInfo("setsid", [path, .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        foreach ((string name, string value) in WslCli.Variables)
        {
            start.Environment[name] = value;
        }

        start.Environment.Remove(WslCli.SharedVariables);
        using Process process = Process.Start(start) ?? throw new InvalidOperationException("Process.Start returned nothing.");
        process.StandardInput.Close();
    }

    /// <summary>Joins arguments so that CommandLineToArgvW takes them apart again as they are.</summary>
    /// <param name="words">The program and its arguments.</param>
    /// <returns>The command line.</returns>
    internal static string CommandLine(IEnumerable<string> words)
    {
        var line = new StringBuilder();
        foreach (string word in words)
        {
            line.Append(line.Length > 0 ? " " : "");
            if (word.Length > 0 && !word.Any(c => c is ' ' or '\t' or '\n' or '\v' or '"'))
            {
                line.Append(word);
                continue;
            }

            line.Append('"');
            int backslashes = 0;
            foreach (char c in word)
            {
                // Backslashes are themselves, but before a quote.
                line.Append(c == '"' ? new string('\\', backslashes + 1) : "").Append(c);
                backslashes = c == '\\' ? backslashes + 1 : 0;
            }

            line.Append('\\', backslashes).Append('"');
        }

        return line.ToString();
    }

    [SupportedOSPlatform("windows")]
    private static unsafe void StartOnWindows(string path, IReadOnlyList<string> arguments)
    {
        string environment = EnvironmentBlock();
        char[] line = [.. CommandLine([path, .. arguments]), '\0']; // CreateProcessW may write into it.
        const uint Flags = CREATE_UNICODE_ENVIRONMENT | CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW;
        var startup = new StartupInfo { Size = (uint)sizeof(StartupInfo) };
        ProcessInformation process;
        fixed (char* l = line, e = environment)
        {
            // Out of the caller's job, which may end all that is in it; where the job forbids that, the child shares its fate.
            bool started = CreateProcess(path, l, 0, 0, false, Flags | CREATE_BREAKAWAY_FROM_JOB, e, Environment.SystemDirectory, &startup, &process)
                || (Marshal.GetLastPInvokeError() == ERROR_ACCESS_DENIED && CreateProcess(path, l, 0, 0, false, Flags, e, Environment.SystemDirectory, &startup, &process));
            if (!started)
            {
                throw new Win32Exception(Marshal.GetLastPInvokeError());
            }
        }

        _ = CloseHandle(process.Thread);
        _ = CloseHandle(process.Process);
    }

    private static string EnvironmentBlock()
    {
        var all = new SortedDictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (System.Collections.DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            all[(string)entry.Key] = (string?)entry.Value ?? "";
        }

        foreach ((string name, string value) in WslCli.Variables)
        {
            all[name] = value;
        }

        all.Remove(WslCli.SharedVariables);
        return string.Concat(all.Select(v => $"{v.Key}={v.Value}\0")) + '\0';
    }

    [LibraryImport("kernel32", EntryPoint = "CreateProcessW", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static unsafe partial bool CreateProcess(
        string application, char* commandLine, nint processAttributes, nint threadAttributes, [MarshalAs(UnmanagedType.Bool)] bool inheritHandles, uint flags, char* environment, string directory, StartupInfo* startup, ProcessInformation* process);

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool CloseHandle(nint handle);

    /// <summary>STARTUPINFOW; all of it zero but its size.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct StartupInfo
    {
        public uint Size;
        public nint Reserved, Desktop, Title;
        public uint X, Y, XSize, YSize, XCountChars, YCountChars, FillAttribute, Flags;
        public ushort ShowWindow, Reserved2Size;
        public nint Reserved2, Input, Output, Error;
    }

    /// <summary>PROCESS_INFORMATION.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct ProcessInformation
    {
        public nint Process, Thread;
        public uint ProcessId, ThreadId;
    }
}
