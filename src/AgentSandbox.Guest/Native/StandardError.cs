using System.Text;

namespace AgentSandbox.Guest.Native;

/// <summary>Messages to the launcher. Not <see cref="Console"/>, which would bring encodings, locks and signal handlers into a 5 MB process.</summary>
internal static unsafe class StandardError
{
    /// <summary>Writes one line; a launcher that has closed its end does not matter to the guest.</summary>
    public static void WriteLine(string message)
    {
        byte[] bytes = Encoding.UTF8.GetBytes("agentsandbox-guest: " + message + "\n");
        fixed (byte* p = bytes)
        {
            _ = Libc.Write(2, p, bytes.Length);
        }
    }
}
