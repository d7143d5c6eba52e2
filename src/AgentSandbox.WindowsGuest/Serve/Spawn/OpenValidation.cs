using AgentSandbox.Protocol;

namespace AgentSandbox.WindowsGuest.Serve.Spawn;

/// <summary>Checks an OPEN for what Windows can't do, or would make something else of.</summary>
internal static class OpenValidation
{
    private static readonly string[] s_ownVerbs = ["tar-create", "tar-extract", "probe"];

    /// <summary>Checks a request.</summary>
    /// <param name="open">The request.</param>
    /// <param name="isOwnUser">Whether a name is the guest's own user.</param>
    /// <returns>The request with nothing null that must not be.</returns>
    /// <exception cref="CommandRefusedException">It can't be done.</exception>
    public static OpenMessage Check(OpenMessage open, Func<string, bool> isOwnUser)
    {
        if (open.Arguments is null || open.Arguments.Count == 0)
        {
            throw Refuse("arguments", "A command needs at least one argument, the program.");
        }

        foreach (string? argument in open.Arguments)
        {
            Text("arguments", argument);
        }

        if (open.Self && !s_ownVerbs.Contains(open.Arguments[0]))
        {
            throw new CommandRefusedException(FailKind.CommandNotFound, "self", open.Arguments[0]);
        }

        if (open.Terminal is not null || open.LoginShell)
        {
            throw new CommandRefusedException(FailKind.Terminal, "terminal", "Windows Sandbox gives no command a terminal.");
        }

        if (open.Environment is null)
        {
            open = open with { Environment = new Dictionary<string, string>() };
        }

        foreach (KeyValuePair<string, string> variable in open.Environment)
        {
            Text("environment", variable.Key);
            Text("environment", variable.Value);
            if (variable.Key.Length == 0 || variable.Key.IndexOf('=') >= 0)
            {
                throw Refuse("environment", "A variable's name is empty or contains '='.");
            }
        }

        if (open.User is not null && !isOwnUser(open.User))
        {
            throw new CommandRefusedException(FailKind.User, "user", $"Commands in Windows Sandbox run as its one user, not as {open.User}");
        }

        if (open.WorkingDirectory is not null)
        {
            Text("workingDirectory", open.WorkingDirectory);
            if (!ProgramSearch.IsAbsolute(open.WorkingDirectory))
            {
                throw new CommandRefusedException(FailKind.WorkingDirectory, "workingDirectory", "It is not absolute, such as C:\\: " + open.WorkingDirectory);
            }
        }

        return open;
    }

    /// <summary>Whether a name is the user that the guest runs as.</summary>
    /// <param name="user">NAME or MACHINE\NAME.</param>
    /// <returns>True for the own one.</returns>
    public static bool IsOwnUser(string user) =>
        string.Equals(user, Environment.UserName, StringComparison.OrdinalIgnoreCase)
        || string.Equals(user, Environment.UserDomainName + "\\" + Environment.UserName, StringComparison.OrdinalIgnoreCase);

    private static void Text(string field, string? value)
    {
        if (value is null || value.IndexOf('\0') >= 0)
        {
            throw Refuse(field, "A value is null or contains the character NUL.");
        }
    }

    private static CommandRefusedException Refuse(string field, string detail) => new(FailKind.Protocol, field, detail);
}
