using System.CommandLine;
using AgentSandbox.Host.CommandLine.Options;
using AgentSandbox.Host.CommandLine.Output;

namespace AgentSandbox.Host.CommandLine.Verbs;

/// <summary><c>images</c>: the root file systems that sandboxes start from.</summary>
internal static class ImagesVerb
{
    private static readonly Argument<string> s_name = new("name") { HelpName = "NAME", Description = "Name of the image." };
    private static readonly Argument<string[]> s_names = CommonOptions.Names("Names of images that no sandbox uses.");
    private static readonly Option<string?> s_directory = CommonOptions.Text("--from-directory", "DIR", "Folder that holds a root file system; it is copied.");
    private static readonly Option<string?> s_archive = CommonOptions.Text("--from-archive", "FILE", "Tar archive of a root file system, plain or compressed with gzip, xz or zstd.");
    private static readonly Option<string?> s_release = CommonOptions.Text("--from-release", "SUITE", "Debian or Ubuntu release, such as bookworm or noble, made by mmdebstrap(1).");
    private static readonly Option<string[]> s_packages = CommonOptions.Repeated("--package", "NAME", "With --from-release: a package beside the minimal set. Repeatable.");
    private static readonly Option<string?> s_mirror = CommonOptions.Text("--mirror", "URL", "With --from-release: the package archive to use.");

    /// <summary>Makes the verb.</summary>
    /// <returns>The verb.</returns>
    public static Verb Create()
    {
        var verb = new Verb("images", "List the images that sandboxes start from; create and remove them.")
        {
            Usage = "agentsandbox images [COMMAND] [options]",
            Handler = ListAsync,
            Examples =
            [
                ("Which are there?", "agentsandbox images"),
                ("From a Debian release", "agentsandbox images create bookworm --from-release bookworm --package python3"),
            ],
        };
        verb.Options.Add(CommonOptions.Json);
        var create = new Verb("create", "Create an image from a folder, an archive or a release.")
        {
            Usage = "agentsandbox images create NAME (--from-directory DIR | --from-archive FILE | --from-release SUITE) [options]",
            Handler = CreateAsync,
            Examples = [("From an archive", "agentsandbox images create alpine --from-archive alpine-minirootfs.tar.gz"), ("Use it", "agentsandbox run --image alpine -- cat /etc/os-release")],
        };
        create.Arguments.Add(s_name);
        foreach (Option option in (Option[])[s_directory, s_archive, s_release, s_packages, s_mirror, CommonOptions.Json])
        {
            create.Options.Add(option);
        }

        var remove = new Verb("remove", "Remove images that no sandbox uses.") { Usage = "agentsandbox images remove NAME... [options]", Handler = RemoveAsync };
        remove.Arguments.Add(s_names);
        remove.Options.Add(CommonOptions.Json);
        verb.Subcommands.Add(create);
        verb.Subcommands.Add(remove);
        return verb;
    }

    private static async Task<int> ListAsync(Invocation invocation)
    {
        await using var manager = new SandboxManager();
        IReadOnlyList<SandboxImage> images = manager.Images.List();
        if (invocation.Json)
        {
            Report.Json(images, ReportJson.Readable.IReadOnlyListSandboxImage);
            return 0;
        }

        var table = new TableWriter("NAME", "KIND", "SIZE", "CREATED", "SOURCE");
        foreach (SandboxImage image in images)
        {
            table.Add(image.Name, image.Kind, ByteSize.Format(image.Size), $"{HumanText.Span(DateTimeOffset.UtcNow - image.Created)} ago", image.Source);
        }

        Report.Text(table.ToString());
        return 0;
    }

    private static async Task<int> CreateAsync(Invocation invocation)
    {
        string name = invocation.Value(s_name)!;
        string? directory = invocation.Value(s_directory);
        string? archive = invocation.Value(s_archive);
        string? release = invocation.Value(s_release);
        string[] packages = invocation.Value(s_packages) ?? [];
        string? mirror = invocation.Value(s_mirror);
        if (new[] { directory, archive, release }.Count(s => s is not null) != 1)
        {
            throw new UsageException("An image needs one source.", "Give exactly one of --from-directory, --from-archive and --from-release.");
        }

        if (release is null && (packages.Length > 0 || mirror is not null))
        {
            throw new UsageException("--package and --mirror go with --from-release only.", "Leave them out, or make the image from a release.");
        }

        await using var manager = new SandboxManager();
        SandboxImage image;
        using (ProgressLine<SandboxProgress>? progress = ProgressLine())
        {
            try
            {
                image = directory is not null ? await manager.Images.CreateFromDirectoryAsync(name, Path.GetFullPath(directory), progress, invocation.CancellationToken)
                    : archive is not null ? await manager.Images.CreateFromArchiveAsync(name, Path.GetFullPath(archive), progress, invocation.CancellationToken)
                    : await manager.Images.CreateFromReleaseAsync(name, release!, packages, mirror, progress, invocation.CancellationToken);
            }
            catch (OperationCanceledException) when (invocation.Signals.First != 0)
            {
                throw new InterruptedException(invocation.Signals.First);
            }
        }

        if (invocation.Json)
        {
            Report.Json(image, ReportJson.Readable.SandboxImage);
        }
        else
        {
            Report.Line(image.Name);
        }

        return 0;
    }

    private static async Task<int> RemoveAsync(Invocation invocation)
    {
        await using var manager = new SandboxManager();
        int exitCode = 0;
        foreach (string name in invocation.Value(s_names)!.Distinct(StringComparer.OrdinalIgnoreCase))
        {
            try
            {
                manager.Images.Remove(name);
                if (!invocation.Json)
                {
                    Report.Line(name);
                }
            }
            catch (SandboxException exception)
            {
                ErrorReport.Write(exception, invocation.Json);
                exitCode = ExitCodes.Failed;
            }
        }

        return exitCode;
    }

    /// <summary>The line that says how far a long step with an image is.</summary>
    /// <returns>The line, or null where no terminal is.</returns>
    public static ProgressLine<SandboxProgress>? ProgressLine() =>
        ProgressLine<SandboxProgress>.ForTerminal(p => p.PercentComplete >= 0 ? $"{p.Activity}: {p.Status} {p.PercentComplete} %" : $"{p.Activity}: {p.Status}");
}
