using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;

namespace AgentSandbox.WindowsGuest.Serve.Spawn;

/// <summary>
/// The environment of a command: what the user's logon gives (the system's and the user's variables, SystemRoot, PATH, TEMP, USERPROFILE …),
/// then the host's. The guest's own variables are never in it.
/// </summary>
internal sealed class CommandEnvironment
{
    private readonly SortedDictionary<string, string> _variables = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Puts an environment together.</summary>
    /// <param name="logon">The logon's variables.</param>
    /// <param name="requested">The host's, which replace those of the same name in any case.</param>
    public CommandEnvironment(IEnumerable<KeyValuePair<string, string>> logon, IEnumerable<KeyValuePair<string, string>> requested)
    {
        foreach (KeyValuePair<string, string> variable in logon.Concat(requested))
        {
            _variables.Remove(variable.Key); // So that the later spelling of the name is kept too.
            _variables.Add(variable.Key, variable.Value);
        }
    }

    /// <summary>A variable's value.</summary>
    /// <param name="name">Its name in any case.</param>
    /// <returns>The value, or null.</returns>
    public string? Get(string name) => _variables.TryGetValue(name, out string? value) ? value : null;

    /// <summary>As CreateProcess wants it: sorted, each ending in NUL, and one more at the end.</summary>
    /// <returns>The block.</returns>
    public string ToBlock()
    {
        var block = new StringBuilder();
        foreach (KeyValuePair<string, string> variable in _variables)
        {
            block.Append(variable.Key).Append('=').Append(variable.Value).Append('\0');
        }

        return (block.Length == 0 ? block.Append('\0') : block).Append('\0').ToString();
    }

    /// <summary>The variables that a logon of the guest's own user has, made by Windows and not copied from the guest.</summary>
    /// <returns>The variables.</returns>
    /// <exception cref="Win32Exception">Windows does not give them.</exception>
    public static unsafe IReadOnlyList<KeyValuePair<string, string>> OfLogon()
    {
        const uint query = 0x8;
        const uint duplicate = 0x2;
        nint token;
        if (OpenProcessToken(-1, query | duplicate, &token) == 0)
        {
            throw new Win32Exception(Marshal.GetLastWin32Error());
        }

        try
        {
            char* block;
            if (CreateEnvironmentBlock(&block, token, inherit: 0) == 0)
            {
                throw new Win32Exception(Marshal.GetLastWin32Error());
            }

            try
            {
                return Parse(block);
            }
            finally
            {
                _ = DestroyEnvironmentBlock(block);
            }
        }
        finally
        {
            _ = Native.Kernel32.CloseHandle(token);
        }
    }

    private static unsafe List<KeyValuePair<string, string>> Parse(char* block)
    {
        var variables = new List<KeyValuePair<string, string>>();
        while (*block != '\0')
        {
            var text = new string(block);
            block += text.Length + 1;
            int equals = text.IndexOf('=', 1); // Names may begin with one: cmd.exe keeps the folders of drives so.
            if (equals > 0 && text[0] != '=')
            {
                variables.Add(new KeyValuePair<string, string>(text.Substring(0, equals), text.Substring(equals + 1)));
            }
        }

        return variables;
    }

    [DllImport("advapi32.dll", SetLastError = true, ExactSpelling = true)]
    private static extern unsafe int OpenProcessToken(nint process, uint access, nint* token);

    [DllImport("userenv.dll", SetLastError = true, ExactSpelling = true)]
    private static extern unsafe int CreateEnvironmentBlock(char** block, nint token, int inherit);

    [DllImport("userenv.dll", SetLastError = true, ExactSpelling = true)]
    private static extern unsafe int DestroyEnvironmentBlock(char* block);
}
