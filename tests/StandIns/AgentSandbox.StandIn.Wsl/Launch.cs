namespace AgentSandbox.StandIn.Wsl;

/// <summary><c>wsl.exe -d N -u U --cd P -e argv…</c>: runs a program in a distribution.</summary>
internal static class Launch
{
    public static int Run(string[] args)
    {
        string? name = null;
        string user = "root", folder = "~";
        string[]? exec = null, tail = null;
        for (int i = 0; i < args.Length && exec is null && tail is null; i++)
        {
            switch (args[i])
            {
                case "-d" or "--distribution" when i + 1 < args.Length:
                    name = Value(args[++i]);
                    break;
                case "-u" or "--user" when i + 1 < args.Length:
                    user = Value(args[++i]);
                    break;
                case "--cd" when i + 1 < args.Length:
                    folder = args[++i];
                    break;
                case "-e" or "--exec":
                    exec = args[(i + 1)..];
                    break;
                case "--":
                    tail = args[(i + 1)..];
                    break;
                case ['-', ..]:
                    throw new WslException("Wsl/E_INVALIDARG", $"Invalid command line argument: {args[i]}", $"Ungültiges Befehlszeilenargument: {args[i]}");
                default:
                    tail = args[i..];
                    break;
            }
        }

        Distribution distribution = name is null ? Distribution.All().FirstOrDefault() ?? throw WslException.NotFound() : Distribution.Find(name);
        if (distribution.State is not ("Running" or "Stopped"))
        {
            throw new WslException("Wsl/Service/CreateInstance/E_ILLEGAL_STATE_CHANGE", "The distribution is busy.", "Die Distribution ist ausgelastet.");
        }

        if (folder is not (['/', ..] or ['~', ..]))
        {
            throw new WslException("Wsl/E_INVALIDARG", "--cd needs a path.", "--cd benötigt einen Pfad.");
        }

        if (!File.ReadLines(Path.Combine(distribution.Root, "etc/passwd")).Any(l => l.StartsWith(user + ":", StringComparison.Ordinal)))
        {
            throw new WslException("Wsl/Service/WSL_E_USER_NOT_FOUND", "User not found.", "Benutzer nicht gefunden.");
        }

        // Without -e the rest goes to a shell, as it is.
        string[] words = exec ?? ["/bin/sh", "-c", string.Join(' ', tail ?? ["exec", "/bin/sh"])];
        using FileLock attached = FileLock.Take(distribution.Attached, shared: true);
        string init = Init.EnsureRunning(distribution);
        string home = folder[0] == '~' ? "/root" : folder;
        int status = Native.Run(
            "setsid",
            ["nsenter", $"--target={init}", "--mount", "--pid", $"--wd={home}", "--", .. words],
            environment: File.ReadAllLines(distribution.Environment),
            rawStatus: true);
        return ExitCode(status);
    }

    /// <summary>A Linux exit code as it is, but for two that become wsl.exe's own; a signal as the raw wait status.</summary>
    internal static int ExitCode(int status)
    {
        int signal = status & 0x7F;
        if (signal != 0)
        {
            return status & 0xFF; // With 128 added when there is a core.
        }

        return ((status >> 8) & 0xFF) switch
        {
            67 or 87 => Say.OwnFailure,
            127 => 1, // nsenter's "no such program"; WSL's own init exits with 1 then.
            int code => code,
        };
    }

    /// <summary>The command line is one string on Windows: what was quoted there still is, and ends at the first white space.</summary>
    private static string Value(string argument) => argument.Any(char.IsWhiteSpace) || argument.Length == 0 ? ('"' + argument).Split(' ', '\t')[0] : argument;
}
