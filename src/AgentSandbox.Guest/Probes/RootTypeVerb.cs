using System.Text;
using AgentSandbox.Guest.Native;

namespace AgentSandbox.Guest.Probes;

/// <summary><c>root-type</c>: says which kind of file system the root is, as proc_pid_mounts(5) names it. The host asks where the kernel is gVisor's.</summary>
internal static class RootTypeVerb
{
    /// <summary>Runs the verb.</summary>
    /// <returns>0; 1 when there is no answer.</returns>
    public static unsafe int Run()
    {
        string? type = null;
        foreach (string line in File.ReadLines("/proc/self/mounts"))
        {
            // The last one that is mounted there is what is seen.
            string[] words = line.Split(' ');
            type = words is [_, "/", _, ..] ? words[2] : type;
        }

        if (type is null)
        {
            return 1;
        }

        byte[] bytes = Encoding.UTF8.GetBytes(type);
        fixed (byte* p = bytes)
        {
            return Libc.Write(1, p, bytes.Length) == bytes.Length ? 0 : 1;
        }
    }
}
