using AgentSandbox.Copying;
using AgentSandbox.Copying.Files;
using AgentSandbox.Images.Build;
using AgentSandbox.Images.Host;
using AgentSandbox.State;

namespace AgentSandbox.Images;

/// <summary>The images on this machine. Thread-safe, and any number of processes may use the same store.</summary>
public sealed class ImageStore
{
    private readonly string _hostRoot;
    private readonly Func<string, bool> _isUsed;
    private readonly HostRoot _host;

    /// <summary>Creates a store over a state folder.</summary>
    /// <param name="home">The state folder.</param>
    public ImageStore(SandboxHome home)
        : this(home, "/", null)
    {
    }

    /// <summary>Creates a store.</summary>
    /// <param name="home">The state folder.</param>
    /// <param name="hostRoot">What the built-in image is made from, and where apt's sources are; "/" but in tests.</param>
    /// <param name="isUsed">Says whether a sandbox stands on the image of a name; null looks at the records of all sandboxes.</param>
    internal ImageStore(SandboxHome home, string hostRoot, Func<string, bool>? isUsed)
    {
        Home = home;
        _hostRoot = hostRoot;
        _isUsed = isUsed ?? (name => ImageUse.IsUsed(home, name));
        _host = new HostRoot(home.Images, hostRoot);
    }

    private SandboxHome Home { get; }

    /// <summary>Lists the images, the built-in one included, by name.</summary>
    /// <returns>The images.</returns>
    public IReadOnlyList<SandboxImage> List() => !OperatingSystem.IsLinux() ? [] : Guard<IReadOnlyList<SandboxImage>>(() =>
    {
        List<SandboxImage> images = [_host.Get()];
        foreach (string folder in Directory.EnumerateDirectories(Home.Images).Where(static path => Path.GetFileName(path)[0] != '.'))
        {
            if (ImageRecord.TryRead(folder) is SandboxImage image)
            {
                images.Add(image);
            }
        }

        images.Sort(static (a, b) => string.Compare(a.Name, b.Name, StringComparison.OrdinalIgnoreCase));
        return images;
    });

    /// <summary>Finds an image. The built-in one is made when it is not there yet or the machine's /usr has been updated.</summary>
    /// <param name="name">Its name, without regard to case.</param>
    /// <returns>The image.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ImageNotFound"/>.</exception>
    public SandboxImage Get(string name) => Guard(() =>
        IsHost(name) ? _host.Get() : (SandboxName.IsValid(name) ? ImageRecord.TryRead(FolderOf(name)) : null) ?? throw NotFound(name));

    /// <summary>Makes an image from a folder that holds a root file system (copied).</summary>
    /// <param name="name">Name of the image.</param>
    /// <param name="directory">The folder.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Cancels; nothing is left.</param>
    /// <returns>The image.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.InvalidName"/>, <see cref="SandboxErrorId.ImageInUse"/>, <see cref="SandboxErrorId.InvalidImage"/>, <see cref="SandboxErrorId.ImageBuildFailed"/>, <see cref="SandboxErrorId.DiskFull"/> or <see cref="SandboxErrorId.RootRequired"/>.</exception>
    public Task<SandboxImage> CreateFromDirectoryAsync(string name, string directory, IProgress<SandboxProgress>? progress = null, CancellationToken cancellationToken = default) =>
        CreateAsync(name, "Directory", Path.GetFullPath(directory), async (build, source) =>
        {
            string folder = FolderSource.Resolve(source, Home.Images);
            using ChildProgram tar = FolderSource.Start(folder);
            await ExtractAsync(tar.Output, build, source, static () => -1, progress, cancellationToken);
            await FolderSource.FinishAsync(tar, source, cancellationToken);
        });

    /// <summary>Makes an image from a tar archive of a root file system, plain or compressed with gzip, xz, zstd or bzip2.</summary>
    /// <param name="name">Name of the image.</param>
    /// <param name="archive">The archive.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Cancels; nothing is left.</param>
    /// <returns>The image.</returns>
    /// <exception cref="SandboxException">As <see cref="CreateFromDirectoryAsync"/>.</exception>
    public Task<SandboxImage> CreateFromArchiveAsync(string name, string archive, IProgress<SandboxProgress>? progress = null, CancellationToken cancellationToken = default) =>
        CreateAsync(name, "Archive", Path.GetFullPath(archive), async (build, source) =>
        {
            using ArchiveFile file = ArchiveFile.Open(source);
            await ExtractAsync(file.Content, build, source, () => file.PercentRead, progress, cancellationToken);
            await file.FinishAsync(source, cancellationToken);
        });

    /// <summary>Makes an image of a Debian or Ubuntu release with mmdebstrap(1).</summary>
    /// <param name="name">Name of the image.</param>
    /// <param name="release">Suite, such as <c>bookworm</c> or <c>noble</c>.</param>
    /// <param name="packages">Packages beside the minimal set.</param>
    /// <param name="mirror">Address of the package archive; the machine's own apt sources when null and the release matches, else the distribution's default.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Cancels; nothing is left.</param>
    /// <returns>The image.</returns>
    /// <exception cref="SandboxException">As <see cref="CreateFromDirectoryAsync"/>.</exception>
    public Task<SandboxImage> CreateFromReleaseAsync(string name, string release, IReadOnlyList<string>? packages = null, string? mirror = null, IProgress<SandboxProgress>? progress = null, CancellationToken cancellationToken = default) =>
        CreateAsync(name, "Distribution", release, (build, source) =>
        {
            ReleaseBuilder.Validate(source, packages ?? [], mirror);
            return new ReleaseBuilder(new AptSources(_hostRoot)).BuildAsync(build.Root, source, packages ?? [], mirror, progress, cancellationToken);
        });

    /// <summary>Deletes an image that no sandbox uses.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ImageNotFound"/>, <see cref="SandboxErrorId.ImageInUse"/>, or <see cref="SandboxErrorId.InvalidImage"/> for the built-in one.</exception>
    public void Remove(string name) => Guard(() =>
    {
        if (IsHost(name))
        {
            throw new SandboxException(SandboxErrorId.InvalidImage, $"'{name}' is the built-in image; it can't be removed.", "It is made from this machine's /usr and takes next to no space.", name);
        }

        if (!SandboxName.IsValid(name) || !Directory.Exists(FolderOf(name)))
        {
            throw NotFound(name);
        }

        if (_isUsed(name))
        {
            throw new SandboxException(SandboxErrorId.ImageInUse, $"A sandbox uses the image '{name}'.", "Remove its sandboxes first.", name);
        }

        return BuildFolder.Remove(Home.Images, Path.GetFileName(FolderOf(name))) ? true : throw NotFound(name);
    });

    private static bool IsHost(string name) => string.Equals(name, SandboxSpecification.HostImage, StringComparison.OrdinalIgnoreCase);

    private static SandboxException NotFound(string name) =>
        new(SandboxErrorId.ImageNotFound, $"There is no image '{DisplayText.Of(name ?? "")}'.", "Get-SandboxImage lists the images, New-SandboxImage makes one.", name);

    /// <summary>The folder's name is lower case, so that two names that differ in case only are one on the disk too.</summary>
    private string FolderOf(string name) => Path.Combine(Home.Images, name.ToLowerInvariant());

    private static Task ExtractAsync(Stream archive, BuildFolder build, string source, Func<int> percent, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken) =>
        BlockingStream.RunAsync(() =>
        {
            const string Activity = "Making an image";
            Action<string>? report = progress is null ? null : status => progress.Report(new SandboxProgress(Activity, status, percent()));
            try
            {
                foreach (string note in RootFileSystem.Extract(archive, build.Root, source, report, cancellationToken))
                {
                    report?.Invoke($"Left out: {note}");
                }
            }
            catch (InvalidDataException e)
            {
                throw ArchiveFile.Damaged(source, e.Message, e);
            }
        });

    private async Task<SandboxImage> CreateAsync(string name, string kind, string source, Func<BuildFolder, string, Task> fill)
    {
        SandboxName.Validate(name);
        RequireLinux();
        if (IsHost(name) || Directory.Exists(FolderOf(name)))
        {
            throw InUse(name);
        }

        if (Native.EffectiveUser() != 0)
        {
            throw new SandboxException(SandboxErrorId.RootRequired, "Making an image needs root: its files belong to many users.", "Run as root, for example with sudo.", name);
        }

        try
        {
            using BuildFolder build = BuildFolder.Create(Home.Images, name.ToLowerInvariant());
            await fill(build, source);
            RootFileSystem.Validate(build.Root, source);
            new ImageRecord { Name = name, Kind = kind, Source = source, Created = DateTimeOffset.UtcNow, Size = RootFileSystem.Measure(build.Root) }.Write(build.FullPath);
            return build.TryCommit(FolderOf(name)) ? ImageRecord.TryRead(FolderOf(name)) ?? throw NotFound(name) : throw InUse(name);
        }
        catch (Exception e) when (Translate(e) is SandboxException translated)
        {
            throw translated;
        }
    }

    private static void RequireLinux()
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new SandboxException(SandboxErrorId.BackendNotAvailable, "Images are root file systems of Linux, and this machine is none.", "Use an image of the container engine, by its name; or make one on Linux.");
        }
    }

    private static SandboxException InUse(string name) =>
        new(SandboxErrorId.ImageInUse, $"There is an image '{name}' already.", "Choose another name, or remove the image first.", name);

    private T Guard<T>(Func<T> action)
    {
        RequireLinux();
        try
        {
            return action();
        }
        catch (Exception e) when (Translate(e) is SandboxException translated)
        {
            throw translated;
        }
    }

    private SandboxException? Translate(Exception error) => error switch
    {
        NativeIOException { IsDiskFull: true } => new SandboxException(SandboxErrorId.DiskFull, $"The disk is full. {error.Message}", "Free space under the state folder, or move it with AGENTSANDBOX_HOME.", Home.Images, error),
        _ when error is IOException or UnauthorizedAccessException && Native.EffectiveUser() != 0 =>
            new SandboxException(SandboxErrorId.RootRequired, $"The images are root's. {error.Message}", "Run as root, for example with sudo.", Home.Images, error),
        IOException or UnauthorizedAccessException => new SandboxException(SandboxErrorId.StateFailed, $"The image store can't be used. {error.Message}", $"Check '{Home.Images}'.", Home.Images, error),
        _ => null,
    };
}
