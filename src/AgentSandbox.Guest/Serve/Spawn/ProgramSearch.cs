namespace AgentSandbox.Guest.Serve.Spawn;

/// <summary>Where a program may lie, as execvp(3) searches it.</summary>
internal static class ProgramSearch
{
    /// <summary>Shells to try, in order, for a user whose login shell is given. One that is there to let nobody in is left out.</summary>
    public static IReadOnlyList<string> Shells(string login) => login.StartsWith('/') && Path.GetFileName(login) is not ("nologin" or "false" or "")
        ? [login, "/bin/bash", "/bin/sh"]
        : ["/bin/bash", "/bin/sh"];

    /// <summary>Paths to try, in order; none for an empty name.</summary>
    public static IReadOnlyList<string> Candidates(string program, string path)
    {
        if (program.Length == 0)
        {
            return [];
        }

        if (program.Contains('/'))
        {
            return [program];
        }

        string[] folders = path.Split(':');
        var candidates = new string[folders.Length];
        for (int i = 0; i < folders.Length; i++)
        {
            candidates[i] = (folders[i].Length == 0 ? "." : folders[i]) + "/" + program; // An empty entry is the working directory.
        }

        return candidates;
    }
}
