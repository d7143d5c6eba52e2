using System.ComponentModel;
using System.Runtime.InteropServices;
using AgentSandbox.Backends.Linux.Native;

namespace AgentSandbox.State;

/// <summary>link(2), CreateHardLink on Windows: gives a complete file its name, or fails when the name is taken. Atomic, which File.Move without overwrite is not.</summary>
internal static partial class HardLink
{
    /// <summary>Gives a file a second name.</summary>
    /// <returns>False when the name is taken.</returns>
    public static bool TryCreate(string existing, string name)
    {
        if (OperatingSystem.IsWindows())
        {
            return TryCreateOnWindows(existing, name);
        }

        if (Link(existing, name) == 0)
        {
            return true;
        }

        int errno = Errno.Last;
        return errno == Errno.EEXIST ? false : throw Errno.Exception($"link {name}", errno);
    }

    private static bool TryCreateOnWindows(string existing, string name)
    {
        const int FileExists = 80, AlreadyExists = 183;
        if (CreateHardLinkW(name, existing, 0))
        {
            return true;
        }

        int error = Marshal.GetLastPInvokeError();
        return error is FileExists or AlreadyExists ? false : throw new IOException($"link {name}: {new Win32Exception(error).Message}");
    }

    [LibraryImport("kernel32", SetLastError = true, StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool CreateHardLinkW(string name, string existing, nint security);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string name);
}
