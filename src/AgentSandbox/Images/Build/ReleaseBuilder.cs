using AgentSandbox.Copying.Files;

namespace AgentSandbox.Images.Build;

/// <summary>Makes the root file system of a Debian or Ubuntu release with mmdebstrap(1).</summary>
/// <param name="sources">Where the machine gets its packages from.</param>
internal sealed class ReleaseBuilder(AptSources sources)
{
    private const string Activity = "Making an image with mmdebstrap";

    /// <summary>What mmdebstrap says when a step begins, and how much of the time has passed by then on a usual machine.</summary>
    private static readonly (string Text, int Percent)[] _steps =
    [
        ("running apt-get update", 5), ("downloading packages", 15), ("extracting archives", 35), ("installing essential packages", 45),
        ("installing remaining packages", 70), ("installing apt", 65), ("cleaning package lists", 95), ("success in", 100),
    ];

    /// <summary>Checks the arguments. They reach a program that runs as root: only what can't be anything else gets through.</summary>
    /// <param name="release">The release.</param>
    /// <param name="packages">The packages.</param>
    /// <param name="mirror">The address of the package archive, or null.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.InvalidImage"/>.</exception>
    public static void Validate(string release, IReadOnlyList<string> packages, string? mirror)
    {
        if (release.Length is 0 or > 32 || !release.All(char.IsAsciiLetterLower))
        {
            throw Invalid(release, "is no name of a release", "Give a suite's name, for example bookworm, trixie, sid, jammy or noble.");
        }

        foreach (string package in packages)
        {
            bool isName = package.Length is > 0 and <= 128 && char.IsAsciiLetterOrDigit(package[0]) && package.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '+' or '-' or '.');
            if (!isName)
            {
                throw Invalid(package, "is no name of a package", "Give package names as apt-get install takes them, for example python3.");
            }
        }

        if (mirror is not null && !(Uri.TryCreate(mirror, UriKind.Absolute, out Uri? uri) && (uri.Scheme is "http" or "https" or "file") && !mirror.Any(char.IsWhiteSpace) && mirror.Contains("://", StringComparison.Ordinal)))
        {
            throw Invalid(mirror, "is no address of a package archive", "Give an address that begins with https://, http:// or file://.");
        }
    }

    /// <summary>Makes the root file system.</summary>
    /// <param name="root">The empty root.</param>
    /// <param name="release">The release.</param>
    /// <param name="packages">Packages beside the minimal set.</param>
    /// <param name="mirror">The address of the package archive, or null.</param>
    /// <param name="progress">Told each step.</param>
    /// <param name="cancellationToken">Ends mmdebstrap and all that it started.</param>
    /// <returns>A task that completes when it is made.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ImageBuildFailed"/>.</exception>
    public async Task BuildAsync(string root, string release, IReadOnlyList<string> packages, string? mirror, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken)
    {
        ChildProgram.RequireInstalled("mmdebstrap", "mmdebstrap");
        int percent = 0;
        progress?.Report(new SandboxProgress(Activity, $"Starting for {release}", percent));
        using ChildProgram program = ChildProgram.Start("unshare", Arguments(root, release, packages, mirror), "util-linux", line =>
        {
            percent = Math.Max(percent, _steps.FirstOrDefault(step => line.Contains(step.Text, StringComparison.Ordinal)).Percent);
            progress?.Report(new SandboxProgress(Activity, line, percent));
        });
        Task output = program.Output.CopyToAsync(Stream.Null, cancellationToken);
        int exit = await program.WaitAsync(cancellationToken);
        await output;
        if (exit != 0)
        {
            throw new SandboxException(
                SandboxErrorId.ImageBuildFailed,
                $"mmdebstrap could not make '{release}' (exit code {exit}). Its last words:\n{program.Errors}",
                "Check the release's name and that its package archive can be reached; another archive can be given as mirror. For a release of another distribution its keyring is needed, such as Debian's package ubuntu-keyring.",
                release);
        }

        Clean(root);
    }

    private IEnumerable<string> Arguments(string root, string release, IReadOnlyList<string> packages, string? mirror) =>
    [
        // Namespaces of its own: its mounts vanish with it, and whatever it started dies with it, also when this process is killed.
        "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc", "--",
        "mmdebstrap", "--mode=root", "--variant=minbase", "--format=directory",
        .. packages.Count > 0 ? [$"--include={string.Join(',', packages)}"] : Array.Empty<string>(),
        "--", release, root,
        .. mirror is null ? sources.For(release) : [mirror],
    ];

    /// <summary>Takes out what mmdebstrap copied from this machine, and devices, which every sandbox gets of its own.</summary>
    private static void Clean(string root)
    {
        string devices = Path.Combine(root, "dev");
        foreach (string path in Directory.Exists(devices) ? Directory.EnumerateFileSystemEntries(devices) : [])
        {
            SafeDelete.Tree(path);
        }

        SafeDelete.Tree(Path.Combine(root, "etc/resolv.conf"));
        SafeDelete.Tree(Path.Combine(root, "etc/hostname"));
        RootBuilder.File(Path.Combine(root, "etc/resolv.conf"), "");
    }

    private static SandboxException Invalid(string value, string what, string action) =>
        new(SandboxErrorId.InvalidImage, $"'{DisplayText.Of(value)}' {what}.", action, value);
}
