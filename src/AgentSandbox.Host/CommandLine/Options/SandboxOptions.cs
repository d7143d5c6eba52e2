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
    private static readonly Option<string?> s_path = CommonOptions.Text("--path", "FILE", "Begin with the specification in this JSON file instead of your defaults; other options go before what it says.");
    private static readonly Option<bool> s_noPull = new("--no-pull") { Description = "An image that the container engine does not have is an error instead of being pulled." };
    private static readonly Option<bool> s_readOnly = new("--read-only") { Description = "The root file system can't be written; /tmp, /var/tmp and /run are small file systems in memory." };

    private static readonly Option<string[]> s_allow = CommonOptions.Repeated("--allow", "NAME", $"Open what is closed by default: {string.Join(", ", AllowanceName.All)}. docs/security.md says what each opens. Repeatable.");

    /// <summary>Adds the options to a verb.</summary>
    /// <param name="verb">The verb.</param>
    public static void AddTo(Verb verb)
    {
        foreach (Option option in (Option[])[s_name, s_path, CommonOptions.Backend, s_image, s_noPull, s_mounts, s_network, s_memory, s_cpu, s_pids, s_disk, ProcessOptions.Environment, CommonOptions.User, ProcessOptions.WorkingDirectory, s_hostname, s_timeToLive, s_idleTimeout, s_readOnly, s_allow])
        {
            verb.Options.Add(option);
        }
    }

    /// <summary>Makes a specification of what was given.</summary>
    /// <param name="parsed">The arguments.</param>
    /// <param name="positionalName">A name that was given without <c>--name</c>.</param>
    /// <returns>The specification; what was not given is left to the backend.</returns>
    /// <exception cref="SandboxException">The file or the user's defaults can't be read; or values can't: all of them are in <see cref="SandboxException.Problems"/>.</exception>
    public static SandboxSpecification Bind(ParseResult parsed, string? positionalName = null)
    {
        var values = new ValueReader();
        string? name = parsed.GetValue(s_name);
        if (name is not null && positionalName is not null)
        {
            values.Report(UsageException.Id, "--name", "The name is given twice.", "Give NAME or --name, not both.");
        }

        SandboxSpecification basis = parsed.GetValue(s_path) is { } path ? SpecificationFile.Read(path) : SandboxDefaults.Read().Specification;
        SandboxSpecification specification = basis with
        {
            Name = name ?? positionalName ?? basis.Name,
            Backend = parsed.GetValue(CommonOptions.Backend) ?? basis.Backend,
            Image = parsed.GetValue(s_image) ?? basis.Image,
            NoPull = IsGiven(s_noPull) ? parsed.GetValue(s_noPull) : basis.NoPull,
            Mounts = IsGiven(s_mounts) ? values.Mounts("--mount", parsed.GetValue(s_mounts) ?? []) : basis.Mounts,
            Network = values.Network("--network", parsed.GetValue(s_network)) ?? basis.Network,
            Memory = values.Size("--memory", parsed.GetValue(s_memory)) ?? basis.Memory,
            Cpu = values.Cpu("--cpu", parsed.GetValue(s_cpu)) ?? basis.Cpu,
            PidLimit = values.Count("--pid-limit", parsed.GetValue(s_pids)) ?? basis.PidLimit,
            DiskLimit = values.Size("--disk-limit", parsed.GetValue(s_disk)) ?? basis.DiskLimit,
            Environment = IsGiven(ProcessOptions.Environment) ? values.Environment("--env", parsed.GetValue(ProcessOptions.Environment) ?? []) : basis.Environment,
            User = parsed.GetValue(CommonOptions.User) ?? basis.User,
            WorkingDirectory = parsed.GetValue(ProcessOptions.WorkingDirectory) ?? basis.WorkingDirectory,
            Hostname = parsed.GetValue(s_hostname) ?? basis.Hostname,
            TimeToLive = values.Duration("--time-to-live", parsed.GetValue(s_timeToLive)) ?? basis.TimeToLive,
            IdleTimeout = values.Duration("--idle-timeout", parsed.GetValue(s_idleTimeout)) ?? basis.IdleTimeout,
            ReadOnly = IsGiven(s_readOnly) ? parsed.GetValue(s_readOnly) : basis.ReadOnly,
            Allow = IsGiven(s_allow) ? values.Allowances("--allow", parsed.GetValue(s_allow) ?? []) : basis.Allow,
        };
        values.ThrowIfAny();
        return specification;

        bool IsGiven(Option option) => parsed.GetResult(option) is { Implicit: false };
    }
}
