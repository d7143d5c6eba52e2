using System.CommandLine;

namespace AgentSandbox.Host.CommandLine.Options;

/// <summary>The options of <c>create</c> and <c>run</c>: the parameters of <c>New-AgentSandbox</c> in kebab-case.</summary>
internal static class SandboxOptions
{
    private static readonly Option<string?> s_name = CommonOptions.Text("--name", "NAME", "Name, unique on this machine; made up when left out.");
    private static readonly Option<string?> s_image = CommonOptions.Text("--image", "NAME", "Image to start from; 'host' (default) is this machine's /usr, read-only, under a fresh root.");
    private static readonly Option<string[]> s_mounts = CommonOptions.Repeated("--mount", "SRC[:DST][:ro|rw]", "Show a folder or file of the host inside, read-only unless :rw is said. Repeatable.");
    private static readonly Option<string?> s_network = CommonOptions.Text("--network", "none|host", "none: no network but a loopback of its own (default). host: all that the host can reach.");
    private static readonly Option<string?> s_memory = CommonOptions.Text("--memory", "SIZE", "Memory limit, such as 512MB or 2GB; 0 is unlimited.");
    private static readonly Option<string?> s_cpu = CommonOptions.Text("--cpu", "CPUS", "CPU limit, such as 0.5 or 2; 0 is unlimited.");
    private static readonly Option<string?> s_pids = CommonOptions.Text("--pid-limit", "N", "Limit of processes and threads; 0 is unlimited.");
    private static readonly Option<string?> s_disk = CommonOptions.Text("--disk-limit", "SIZE", "Limit of what the sandbox's own files take on the disk; 0 is unlimited.");
    private static readonly Option<string?> s_hostname = CommonOptions.Text("--hostname", "NAME", "Host name inside.");
    private static readonly Option<string?> s_timeToLive = CommonOptions.Text("--time-to-live", "TIME", "Remove the sandbox after this long, such as 90s, 30m, 1h or 2d, whoever is still there.");
    private static readonly Option<string?> s_idleTimeout = CommonOptions.Text("--idle-timeout", "TIME", "Stop the sandbox after this long without a command.");
    private static readonly Option<bool> s_noPull = new("--no-pull") { Description = "An image that the container engine does not have is an error instead of being pulled." };
    private static readonly Option<bool> s_readOnly = new("--read-only") { Description = "The root file system can't be written; /tmp, /var/tmp and /run are small file systems in memory." };

    private static readonly Option<string[]> s_allow = CommonOptions.Repeated("--allow", "NAME", $"Open what is closed by default: {string.Join(", ", AllowanceName.All)}. docs/security.md says what each opens. Repeatable.");

    /// <summary>Adds the options to a verb.</summary>
    /// <param name="verb">The verb.</param>
    public static void AddTo(Verb verb)
    {
        foreach (Option option in (Option[])[s_name, CommonOptions.Backend, s_image, s_noPull, s_mounts, s_network, s_memory, s_cpu, s_pids, s_disk, ProcessOptions.Environment, CommonOptions.User, ProcessOptions.WorkingDirectory, s_hostname, s_timeToLive, s_idleTimeout, s_readOnly, s_allow])
        {
            verb.Options.Add(option);
        }
    }

    /// <summary>Makes a specification of what was given.</summary>
    /// <param name="parsed">The arguments.</param>
    /// <param name="positionalName">A name that was given without <c>--name</c>.</param>
    /// <returns>The specification; what was not given is left to the backend.</returns>
    /// <exception cref="SandboxException">Values can't be read; all of them are in <see cref="SandboxException.Problems"/>.</exception>
    public static SandboxSpecification Bind(ParseResult parsed, string? positionalName = null)
    {
        var values = new ValueReader();
        string? name = parsed.GetValue(s_name);
        if (name is not null && positionalName is not null)
        {
            values.Report(UsageException.Id, "--name", "The name is given twice.", "Give NAME or --name, not both.");
        }

        var specification = new SandboxSpecification
        {
            Name = name ?? positionalName,
            Backend = parsed.GetValue(CommonOptions.Backend) ?? SandboxSpecification.AutoBackend,
            Image = parsed.GetValue(s_image) ?? SandboxSpecification.HostImage,
            NoPull = parsed.GetValue(s_noPull),
            Mounts = values.Mounts("--mount", parsed.GetValue(s_mounts) ?? []),
            Network = values.Network("--network", parsed.GetValue(s_network)),
            Memory = values.Size("--memory", parsed.GetValue(s_memory)),
            Cpu = values.Cpu("--cpu", parsed.GetValue(s_cpu)),
            PidLimit = values.Count("--pid-limit", parsed.GetValue(s_pids)),
            DiskLimit = values.Size("--disk-limit", parsed.GetValue(s_disk)),
            Environment = values.Environment("--env", parsed.GetValue(ProcessOptions.Environment) ?? []),
            User = parsed.GetValue(CommonOptions.User),
            WorkingDirectory = parsed.GetValue(ProcessOptions.WorkingDirectory),
            Hostname = parsed.GetValue(s_hostname),
            TimeToLive = values.Duration("--time-to-live", parsed.GetValue(s_timeToLive)),
            IdleTimeout = values.Duration("--idle-timeout", parsed.GetValue(s_idleTimeout)),
            ReadOnly = parsed.GetValue(s_readOnly),
            Allow = values.Allowances("--allow", parsed.GetValue(s_allow) ?? []),
        };
        values.ThrowIfAny();
        return specification;
    }
}
