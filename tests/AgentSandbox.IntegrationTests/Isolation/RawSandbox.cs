using System.Diagnostics;
using AgentSandbox.Isolation;
using AgentSandbox.Isolation.Canaries;
using AgentSandbox.Isolation.Observation;
using AgentSandbox.Isolation.Wsl;

namespace AgentSandbox.IntegrationTests.Isolation;

/// <summary>
/// A place made by other programs than ours, with a known opening or without one, in which probes run. So the probes are tested on
/// boundaries that our own backends have no part in.
/// </summary>
internal sealed partial class RawSandbox : IAsyncDisposable
{
    private readonly Process _holder;
    private readonly string? _root;

    private RawSandbox(ProbeContext context, Process holder, string? root)
    {
        Context = context;
        _holder = holder;
        _root = root;
    }

    public ProbeContext Context { get; }

    /// <summary>chroot(8) with the host's /proc and /dev, as root: what people make by hand.</summary>
    /// <param name="prepare">Puts something into the root, whose path it is given.</param>
    /// <param name="mount">Shell commands that mount something, with the root's path as $1.</param>
    public static Task<RawSandbox> ChrootAsRootAsync(Action<string>? prepare = null, string mount = "true") => ChrootAsync("0:0", new SandboxSpecification { Backend = "raw" }, prepare, mount);

    /// <summary>The same as nobody.</summary>
    public static Task<RawSandbox> ChrootAsNobodyAsync() => ChrootAsync("65534:65534", new SandboxSpecification { Backend = "raw" });

    /// <summary>bubblewrap with every namespace, started by nobody, under our own filter when asked for.</summary>
    /// <remarks>Without --die-with-parent: the "parent" of PR_SET_PDEATHSIG(2const) is the thread that forked, and the thread pool lets its threads go.</remarks>
    public static Task<RawSandbox> BubblewrapAsync(SandboxSpecification? specification = null) => StartAsync(
        specification ?? new SandboxSpecification { Backend = "raw" },
        null,
        [
            "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--no-new-privs", "bwrap", "--unshare-all", "--new-session", "--ro-bind", "/usr", "/usr", "--ro-bind",
            GuestProgram.Path, "/agentsandbox-guest", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "/agentsandbox-guest", "seccomp-exec", "/agentsandbox-guest",
        ],
        null);

    /// <summary>A sandbox whose guest answers as told, whatever is asked; the process that the host looks at runs on the host, unconfined.</summary>
    /// <param name="liar">The answers.</param>
    /// <param name="launcher">What starts that process.</param>
    public static Task<RawSandbox> LyingAsync(ProbeRunner liar, params string[] launcher) => StartAsync(new SandboxSpecification { Backend = "raw" }, null, [.. launcher, GuestProgram.Path], liar);

    /// <summary>What is left of the host when a program starts the guest.</summary>
    public static Task<RawSandbox> LaunchedAsync(params string[] launcher) => LaunchedAsync(new SandboxSpecification { Backend = "raw" }, launcher);

    /// <summary>The same under a specification of one's choice.</summary>
    public static Task<RawSandbox> LaunchedAsync(SandboxSpecification specification, params string[] launcher) => StartAsync(specification, null, [.. launcher, GuestProgram.Path], null);

    /// <summary>The same, with the process taken for a kernel of the sandbox's own: then only the guest can tell what a payload was handed.</summary>
    public static Task<RawSandbox> BehindKernelAsync(params string[] launcher)
    {
        string[] arguments = ["probe", "hold", HostCanaries.NewSecret()];
        return StartAsync(new SandboxSpecification { Backend = "raw" }, null, [.. launcher, GuestProgram.Path], null, arguments, () => PayloadView.OfKernel(PayloadProcess.Find(arguments)));
    }

    /// <summary>No boundary at all, under a specification of one's choice.</summary>
    public static Task<RawSandbox> OpenAsync(SandboxSpecification specification) => StartAsync(specification, null, [GuestProgram.Path], null);

    /// <summary>No boundary but a mount namespace, whose mounts are copies of the host's that share, receive or do neither.</summary>
    public static Task<RawSandbox> InOwnMountsAsync(string propagation) =>
        StartAsync(new SandboxSpecification { Backend = "raw" }, null, ["unshare", "--mount", "--propagation", propagation, GuestProgram.Path], null);

    public async Task<IsolationResult> RunAsync(string id) =>
        await IsolationRun.RunAsync("test", Assert.Single(ProbeRegistry.Create([id])), Context, CancellationToken.None);

    /// <summary>Runs a probe as if this machine were a distribution of WSL with these surroundings.</summary>
    public Task<IsolationResult> RunAsync(string id, WslSurroundings wsl) => RunAsync(id, wsl, Context.ControlSockets);

    /// <summary>Runs a probe as if this machine were ruled by these sockets.</summary>
    public Task<IsolationResult> RunAsync(string id, IReadOnlyList<string> controlSockets) => RunAsync(id, Context.Wsl, controlSockets);

    private async Task<IsolationResult> RunAsync(string id, WslSurroundings wsl, IReadOnlyList<string> controlSockets) => await IsolationRun.RunAsync(
        "test",
        Assert.Single(ProbeRegistry.Create([id])),
        new ProbeContext
        {
            Specification = Context.Specification,
            Defaults = Context.Defaults,
            Canaries = Context.Canaries,
            Payload = Context.Payload,
            Sandbox = Context.Sandbox,
            Host = Context.Host,
            Wsl = wsl,
            ControlSockets = controlSockets,
            Bases = Context.Bases,
        },
        CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        _holder.StandardInput.Close();
        await _holder.WaitForExitAsync();
        _holder.Dispose();
        await Context.Canaries.DisposeAsync();
        if (_root is not null)
        {
            Directory.Delete(_root, recursive: true);
        }
    }

    private static Task<RawSandbox> ChrootAsync(string user, SandboxSpecification specification, Action<string>? prepare = null, string mount = "true")
    {
        string root = Directory.CreateTempSubdirectory("agentsandbox-root-").FullName;
        foreach (string folder in new[] { "proc", "dev", "tmp" })
        {
            Directory.CreateDirectory(Path.Combine(root, folder));
        }

        File.SetUnixFileMode(root, (UnixFileMode)0x1ED);
        File.SetUnixFileMode(Path.Combine(root, "tmp"), (UnixFileMode)0x1FF);
        File.Copy(GuestProgram.Path, Path.Combine(root, "agentsandbox-guest"));

        prepare?.Invoke(root);

        // The mounts are in a namespace that ends with the process, so no test leaves any behind.
        string script = $"{mount} && mount --bind /proc \"$1/proc\" && mount --bind /dev \"$1/dev\" && root=$1 && user=$2 && shift 2 && exec chroot --userspec=\"$user\" \"$root\" /agentsandbox-guest \"$@\"";
        return StartAsync(specification, root, ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", root, user], null);
    }

    private static async Task<RawSandbox> StartAsync(SandboxSpecification specification, string? root, string[] launcher, ProbeRunner? sandbox)
    {
        string[] arguments = ["probe", "hold", HostCanaries.NewSecret()];
        return await StartAsync(specification, root, launcher, sandbox, arguments, () => PayloadView.OfProcess(PayloadProcess.Find(arguments)));
    }

    private static async Task<RawSandbox> StartAsync(SandboxSpecification specification, string? root, string[] launcher, ProbeRunner? sandbox, string[] arguments, Func<PayloadView> view)
    {
        HostCanaries canaries = await HostCanaries.PlantAsync(CancellationToken.None); // First: what is started has this process's environment.
        var start = new ProcessStartInfo(launcher[0], [.. launcher[1..], .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        Process holder = Process.Start(start)!;
        Assert.NotNull(await holder.StandardOutput.ReadLineAsync());
        var context = new ProbeContext
        {
            Specification = specification,
            Defaults = new SandboxSpecification { Network = NetworkMode.None },
            Canaries = canaries,
            Payload = view(),
            Sandbox = sandbox ?? HostProbeRunner.For(launcher),
            Host = HostProbeRunner.For(GuestProgram.Path),
            Bases = root is null ? [new BaseFolder("/usr", "/usr")] : [new BaseFolder("/", root)], // A chroot(8) is in its base itself.
        };
        return new RawSandbox(context, holder, root);
    }
}
