using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace AgentSandbox.Backends.WindowsSandbox.Native;

/// <summary>
/// This process's standard handles, kept from children that outlive it. On Windows a child gets every inheritable handle, whatever its own standard
/// streams are: who captures this process's output would wait for its end until the sandbox is gone.
/// </summary>
internal static partial class StandardHandles
{
    private const int STD_INPUT_HANDLE = -10, STD_OUTPUT_HANDLE = -11, STD_ERROR_HANDLE = -12;
    private const uint HANDLE_FLAG_INHERIT = 1;
    private static readonly object s_gate = new();

    /// <summary>Makes them not inheritable until the result is disposed. One at a time: it waits for another thread that does the same.</summary>
    /// <returns>Puts them back.</returns>
    public static IDisposable NotInherited()
    {
        Monitor.Enter(s_gate);
        return OperatingSystem.IsWindows() ? new Scope(Clear()) : new Scope([]); // On Linux .NET closes them in children whose streams are redirected.
    }

    [SupportedOSPlatform("windows")]
    private static List<nint> Clear()
    {
        var changed = new List<nint>();
        foreach (int name in new[] { STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE })
        {
            nint handle = GetStdHandle(name);
            if (handle is not 0 and not -1 && GetHandleInformation(handle, out uint flags) && (flags & HANDLE_FLAG_INHERIT) != 0 && SetHandleInformation(handle, HANDLE_FLAG_INHERIT, 0))
            {
                changed.Add(handle);
            }
        }

        return changed;
    }

    [LibraryImport("kernel32")]
    private static partial nint GetStdHandle(int name);

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetHandleInformation(nint handle, out uint flags);

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool SetHandleInformation(nint handle, uint mask, uint flags);

    private sealed class Scope(List<nint> handles) : IDisposable
    {
        public void Dispose()
        {
            foreach (nint handle in handles)
            {
                _ = SetHandleInformation(handle, HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT); // A handle that was closed meanwhile is nobody's to inherit.
            }

            Monitor.Exit(s_gate);
        }
    }
}
