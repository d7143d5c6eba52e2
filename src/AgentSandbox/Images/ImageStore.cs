using AgentSandbox.State;

namespace AgentSandbox.Images;

/// <summary>The images on this machine.</summary>
public sealed class ImageStore
{
    /// <summary>Creates a store over a state folder.</summary>
    /// <param name="home">The state folder.</param>
    public ImageStore(SandboxHome home)
    {
        Home = home;
    }

    private SandboxHome Home { get; }

    /// <summary>Lists the images, the built-in one included, by name.</summary>
    /// <returns>The images.</returns>
    public IReadOnlyList<SandboxImage> List() => throw new NotImplementedException(Home.Images);

    /// <summary>Finds an image. The built-in one is made when it is not there yet or the machine's /usr has been updated.</summary>
    /// <param name="name">Its name, without regard to case.</param>
    /// <returns>The image.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ImageNotFound"/>.</exception>
    public SandboxImage Get(string name) => throw new NotImplementedException();

    /// <summary>Makes an image from a folder that holds a root file system (copied).</summary>
    /// <param name="name">Name of the image.</param>
    /// <param name="directory">The folder.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Cancels; nothing is left.</param>
    /// <returns>The image.</returns>
    public Task<SandboxImage> CreateFromDirectoryAsync(string name, string directory, IProgress<SandboxProgress>? progress = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Makes an image from a tar archive of a root file system, plain or compressed with gzip, xz or zstd.</summary>
    /// <param name="name">Name of the image.</param>
    /// <param name="archive">The archive.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Cancels; nothing is left.</param>
    /// <returns>The image.</returns>
    public Task<SandboxImage> CreateFromArchiveAsync(string name, string archive, IProgress<SandboxProgress>? progress = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Makes an image of a Debian or Ubuntu release with mmdebstrap(1).</summary>
    /// <param name="name">Name of the image.</param>
    /// <param name="release">Suite, such as <c>bookworm</c> or <c>noble</c>.</param>
    /// <param name="packages">Packages beside the minimal set.</param>
    /// <param name="mirror">Address of the package archive; the machine's own apt sources when null and the release matches, else the distribution's default.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Cancels; nothing is left.</param>
    /// <returns>The image.</returns>
    public Task<SandboxImage> CreateFromReleaseAsync(string name, string release, IReadOnlyList<string>? packages = null, string? mirror = null, IProgress<SandboxProgress>? progress = null, CancellationToken cancellationToken = default) => throw new NotImplementedException();

    /// <summary>Deletes an image that no sandbox uses.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.ImageNotFound"/>, <see cref="SandboxErrorId.ImageInUse"/>, or <see cref="SandboxErrorId.InvalidImage"/> for the built-in one.</exception>
    public void Remove(string name) => throw new NotImplementedException();
}
