using System.IO.Compression;
using AgentSandbox.Copying.Files;

namespace AgentSandbox.Images.Build;

/// <summary>
/// Opens an archive file as a plain tar stream. The compression is told from the first bytes, not from the name. xz and zstd are
/// unpacked by their own programs, which read hostile bytes: they run as nobody, without new privileges, when this process is root.
/// </summary>
internal sealed class ArchiveFile : IDisposable
{
    private readonly FileStream _file;
    private readonly ChildProgram? _program;

    private ArchiveFile(FileStream file, Stream content, ChildProgram? program)
    {
        _file = file;
        _program = program;
        Content = content;
    }

    /// <summary>The plain tar stream.</summary>
    public Stream Content { get; }

    /// <summary>0 to 100: how much of the file has been read, where that is known; else -1.</summary>
    public int PercentRead => _program is null && _file.Length > 0 ? (int)(_file.Position * 100 / _file.Length) : -1;

    /// <summary>Opens an archive.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The archive.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.InvalidImage"/>: not there, or no archive; <see cref="SandboxErrorId.ImageBuildFailed"/>: the program to unpack it is missing.</exception>
    public static ArchiveFile Open(string path)
    {
        FileStream file;
        try
        {
            file = File.OpenRead(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SandboxException(SandboxErrorId.InvalidImage, $"'{path}' can't be read: {e.Message}", "Check the path.", path, e);
        }

        try
        {
            Span<byte> magic = stackalloc byte[6];
            int length = file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
            magic = magic[..length];
            file.Position = 0;
            return magic.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]) ? new ArchiveFile(file, new GZipStream(file, CompressionMode.Decompress), null)
                : magic.StartsWith((ReadOnlySpan<byte>)[0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]) ? Through(file, path, "xz", "xz-utils")
                : magic.StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]) ? Through(file, path, "zstd", "zstd")
                : magic.StartsWith("BZh"u8) ? Through(file, path, "bzip2", "bzip2")
                : new ArchiveFile(file, file, null);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Checks, after the last entry, that the unpacking program is content too.</summary>
    /// <param name="path">The archive, for errors.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>A task that completes when it has ended well.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.InvalidImage"/>.</exception>
    public async Task FinishAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            // The rest is padding; its checksum matters.
            await Content.CopyToAsync(Stream.Null, cancellationToken);
        }
        catch (InvalidDataException e)
        {
            throw Damaged(path, e.Message, e);
        }

        if (_program is not null && await _program.WaitAsync(cancellationToken) != 0)
        {
            throw Damaged(path, _program.Errors, null);
        }
    }

    /// <summary>The error for an archive whose compression is damaged.</summary>
    /// <param name="path">The archive.</param>
    /// <param name="why">Why.</param>
    /// <param name="cause">The cause.</param>
    /// <returns>The error, to throw.</returns>
    public static SandboxException Damaged(string path, string why, Exception? cause) =>
        new(SandboxErrorId.InvalidImage, $"'{path}' is damaged: {why}", "Get or make the archive again.", path, cause);

    /// <inheritdoc/>
    public void Dispose()
    {
        _program?.Dispose();
        Content.Dispose();
        _file.Dispose();
    }

    private static ArchiveFile Through(FileStream file, string path, string program, string package)
    {
        ChildProgram.RequireInstalled(program, package);
        ChildProgram child = Native.EffectiveUser() == 0
            ? ChildProgram.Start("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs", "--", program, "-dc"], "util-linux", input: file)
            : ChildProgram.Start(program, ["-dc"], package, input: file);
        return new ArchiveFile(file, child.Output, child);
    }
}
