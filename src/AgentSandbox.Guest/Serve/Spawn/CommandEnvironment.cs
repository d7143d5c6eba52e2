using AgentSandbox.Guest.Serve.Users;

namespace AgentSandbox.Guest.Serve.Spawn;

/// <summary>Builds a command's variables from nothing: neither the guest's nor the launcher's ever reach it.</summary>
internal static class CommandEnvironment
{
    /// <summary>Where programs are searched when the host says nothing.</summary>
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>The variables as execve(2) takes them.</summary>
    /// <param name="requested">Validated variables of the OPEN message.</param>
    /// <param name="account">Gives HOME, USER, LOGNAME and SHELL.</param>
    /// <param name="hasTerminal">It gets a terminal, which is taken for an ordinary one when the host does not say which.</param>
    /// <param name="path">The PATH that programs are searched in.</param>
    public static List<string> Build(IReadOnlyDictionary<string, string> requested, Account account, bool hasTerminal, out string path)
    {
        var variables = new List<string>(requested.Count + 7);
        foreach ((string name, string value) in requested)
        {
            variables.Add(name + "=" + value);
        }

        AddMissing("PATH", DefaultPath);
        AddMissing("HOME", account.Home);
        AddMissing("USER", account.Name);
        AddMissing("LOGNAME", account.Name);
        AddMissing("SHELL", account.Shell);
        AddMissing("LANG", "C.UTF-8");
        AddMissing("TERM", hasTerminal ? "xterm" : "dumb");
        path = requested.TryGetValue("PATH", out string? given) ? given : DefaultPath;
        return variables;

        void AddMissing(string name, string value)
        {
            if (!requested.ContainsKey(name))
            {
                variables.Add(name + "=" + value);
            }
        }
    }
}
