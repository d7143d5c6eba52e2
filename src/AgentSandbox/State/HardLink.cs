using System.Runtime.InteropServices;
using AgentSandbox.Backends.Linux.Native;

namespace AgentSandbox.State;

/// <summary>link(2): gives a complete file its name, or fails when the name is taken. Atomic, which File.Move without overwrite is not.</summary>
internal static partial class HardLink
{
    /// <summary>Gives a file a second name.</summary>
    /// <returns>False when the name is taken.</returns>
    public static bool TryCreate(string existing, string name)
    {
        if (Link(existing, name) == 0)
        {
            return true;
        }

        int errno = Errno.Last;
        return errno == Errno.EEXIST ? false : throw Errno.Exception($"link {name}", errno);
    }

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string name);
}
