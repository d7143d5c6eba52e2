using System.Globalization;

namespace AgentSandbox.Guest.Serve.StartUp;

/// <summary>The command line of <c>serve</c>. Parsed strictly: an option that is not understood might have been a protection.</summary>
internal sealed record ServeOptions
{
    /// <summary>The year 9999 in Unix time; milliseconds of it fit everywhere.</summary>
    private const long LongestTime = 253_402_300_799;

    /// <summary>Directory to make the root of the guest and of every command, or null.</summary>
    public string? Chroot { get; private init; }

    /// <summary>Path of the guest's executable inside the root, used when it can't be opened otherwise.</summary>
    public string? Self { get; private init; }

    /// <summary>The user that the guest itself becomes, and the default for commands; null leaves the guest as it was started.</summary>
    public (uint UserId, uint GroupId)? RunAs { get; private init; }

    /// <summary>Set <c>no_new_privs</c>, prctl(2), before anything is started.</summary>
    public bool NoNewPrivileges { get; private init; }

    /// <summary>Start every command with empty capability sets, bounding set included.</summary>
    public bool DropCapabilities { get; private init; }

    /// <summary>Install the system call filter before anything is started.</summary>
    public bool Seccomp { get; private init; }

    /// <summary>
    /// The filter also refuses set-user-id and set-group-id bits. For sandboxes that can write to a folder of the host: a program with such a
    /// bit there would be a real one, for whoever starts it on the host.
    /// </summary>
    public bool DenySetId { get; private init; }

    /// <summary>What the sandbox may do that is closed by default.</summary>
    public IReadOnlyList<SandboxAllowance> Allow { get; private init; } = [];

    /// <summary>Serve one connection over standard input and output instead of those of a listening socket.</summary>
    public bool Stdio { get; private init; }

    /// <summary>As the sandbox's first process: shut down when the connection ends, instead of going on as init.</summary>
    public bool EndWithInput { get; private init; }

    /// <summary>Unix time in seconds at which the guest ends at once, or null.</summary>
    public long? Expires { get; private init; }

    /// <summary>As the sandbox's first process: shut down after so many seconds without any command, or null.</summary>
    public long? IdleTimeout { get; private init; }

    /// <summary>Parses the arguments after the verb.</summary>
    /// <exception cref="StartUpException">An option is unknown, given twice or has a bad value.</exception>
    public static ServeOptions Parse(string[] args)
    {
        var options = new ServeOptions();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < args.Length; i++)
        {
            string name = args[i];
            if (!seen.Add(name))
            {
                throw new StartUpException($"Option '{name}' is given twice.");
            }

            options = name switch
            {
                "--chroot" => options with { Chroot = AbsolutePath(name, Value(args, ref i)) },
                "--self" => options with { Self = AbsolutePath(name, Value(args, ref i)) },
                "--run-as" => options with { RunAs = UserAndGroup(Value(args, ref i)) },
                "--no-new-privileges" => options with { NoNewPrivileges = true },
                "--drop-capabilities" => options with { DropCapabilities = true },
                "--seccomp" => options with { Seccomp = true },
                "--deny-set-id" => options with { DenySetId = true },
                "--allow" => options with { Allow = Allowances(Value(args, ref i)) },
                "--stdio" => options with { Stdio = true },
                "--end-with-input" => options with { EndWithInput = true },
                "--expires" => options with { Expires = Seconds(name, Value(args, ref i)) },
                "--idle-timeout" => options with { IdleTimeout = Seconds(name, Value(args, ref i)) },
                _ => throw new StartUpException($"Unknown option '{name}'."),
            };
        }

        return options switch
        {
            { DenySetId: true, Seccomp: false } => throw new StartUpException("Option '--deny-set-id' needs '--seccomp'."),
            { Allow.Count: > 0, Seccomp: false } => throw new StartUpException("Option '--allow' needs '--seccomp'."),
            { EndWithInput: true, Stdio: false } => throw new StartUpException("Option '--end-with-input' needs '--stdio'."),
            { IdleTimeout: not null, Stdio: false } => throw new StartUpException("Option '--idle-timeout' needs '--stdio'."),
            _ => options,
        };
    }

    private static string Value(string[] args, ref int index) => index + 1 < args.Length
        ? args[++index]
        : throw new StartUpException($"Option '{args[index]}' needs a value.");

    private static long Seconds(string option, string value) =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) && seconds is > 0 and <= LongestTime
            ? seconds
            : throw new StartUpException($"Option '{option}' needs a number of seconds.");

    /// <summary>Names, exactly, with commas between them; never numbers, which the enumeration's own parser would take.</summary>
    private static SandboxAllowance[] Allowances(string value) =>
        [.. value.Split(',').Select(name => Enum.GetValues<SandboxAllowance>().Where(known => known.ToString() == name).Cast<SandboxAllowance?>().FirstOrDefault() ?? throw new StartUpException($"Option '--allow' does not know '{name}'."))];

    private static string AbsolutePath(string option, string value) => value.StartsWith('/')
        ? value
        : throw new StartUpException($"Option '{option}' needs an absolute path.");

    private static (uint UserId, uint GroupId) UserAndGroup(string value)
    {
        string[] parts = value.Split(':');
        if (parts.Length == 2
            && uint.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out uint user)
            && uint.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out uint group)
            && user != uint.MaxValue && group != uint.MaxValue)
        {
            return (user, group); // The largest number means "leave as it is" to setresuid(2), which would keep root.
        }

        throw new StartUpException($"Option '--run-as' needs UID:GID, not '{value}'.");
    }
}
