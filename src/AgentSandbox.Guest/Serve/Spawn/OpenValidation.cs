using AgentSandbox.Protocol;

namespace AgentSandbox.Guest.Serve.Spawn;

/// <summary>Checks what JSON allows and execve(2) does not: nulls, NUL characters, names with an equals sign.</summary>
internal static class OpenValidation
{
    /// <summary>Verbs of the guest that a host may run as a command; <c>serve</c> is not among them.</summary>
    private static readonly string[] OwnVerbs = ["tar-create", "tar-extract", "probe"];

    /// <summary>Refuses a message that can't be carried out as it stands.</summary>
    /// <returns>The message with an environment: one that JSON leaves out arrives as null, whatever the property's initializer says.</returns>
    /// <exception cref="CommandRefusedException">It can't.</exception>
    public static OpenMessage Check(OpenMessage open)
    {
        if (open.Arguments is null || open.Arguments.Count == 0)
        {
            throw Refuse("arguments", "A command needs at least one argument, the program.");
        }

        foreach (string? argument in open.Arguments)
        {
            Text("arguments", argument);
        }

        if (open.Self && !OwnVerbs.Contains(open.Arguments[0]))
        {
            throw new CommandRefusedException(FailKind.CommandNotFound, 0, "self", open.Arguments[0]);
        }

        if (open.Terminal is not null && (open.Self || !open.StandardInput))
        {
            throw Refuse("terminal", "A terminal is for a program, and is read too.");
        }

        if (open.LoginShell && open.Terminal is null)
        {
            throw Refuse("loginShell", "A login shell needs a terminal.");
        }

        if (open.Environment is null)
        {
            open = open with { Environment = new Dictionary<string, string>() };
        }

        foreach ((string name, string? value) in open.Environment)
        {
            Text("environment", name);
            Text("environment", value);
            if (name.Length == 0 || name.Contains('='))
            {
                throw Refuse("environment", "A variable's name is empty or contains '='.");
            }
        }

        if (open.User is not null)
        {
            Text("user", open.User);
        }

        if (open.WorkingDirectory is not null)
        {
            Text("workingDirectory", open.WorkingDirectory);
            if (!open.WorkingDirectory.StartsWith('/'))
            {
                throw new CommandRefusedException(FailKind.WorkingDirectory, 0, "workingDirectory", "It is not absolute: " + open.WorkingDirectory);
            }
        }

        return open;
    }

    private static void Text(string field, string? value)
    {
        if (value is null || value.Contains('\0'))
        {
            throw Refuse(field, "A value is null or contains the character NUL.");
        }
    }

    private static CommandRefusedException Refuse(string field, string detail) => new(FailKind.Protocol, 0, field, detail);
}
