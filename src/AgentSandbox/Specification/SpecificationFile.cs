using System.Text.Json;

namespace AgentSandbox;

/// <summary>
/// Reads a specification from a JSON file, and writes one. Strict: what a reader of the file would take for in force and this would drop, such as a misspelt limit, is an error.
/// The keys are the property names of <see cref="SandboxSpecification"/>, as <c>agentsandbox list --json</c> writes them; the schema is
/// module/AgentSandbox/schemas/sandbox-specification.schema.json.
/// </summary>
public static class SpecificationFile
{
    /// <summary>Larger files are no specification.</summary>
    private const int MaxBytes = 1 << 20;

    /// <summary>Reads a file.</summary>
    /// <param name="path">Its path. Relative sources of mounts are relative to its folder.</param>
    /// <returns>The specification; its values are checked when it is resolved.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.InvalidSpecificationFile"/>, with every problem.</exception>
    public static SandboxSpecification Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        string full = Path.GetFullPath(path);
        byte[] bytes;
        try
        {
            using FileStream file = new(full, FileMode.Open, FileAccess.Read, FileShare.Read);
            if (file.Length > MaxBytes)
            {
                throw Invalid(full, $"It has {ByteSize.Format(file.Length)}; a specification has at most {ByteSize.Format(MaxBytes)}.");
            }

            bytes = new byte[file.Length];
            file.ReadExactly(bytes);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw Invalid(full, error.Message, error);
        }

        return Parse(bytes, full);
    }

    /// <summary>Writes a specification to a file, which is there whole or not at all. What is not said in it, and so left to the backend, is not written.</summary>
    /// <param name="specification">The specification.</param>
    /// <param name="path">Path of the file.</param>
    /// <param name="replace">A file that exists is replaced.</param>
    /// <returns>Absolute path of the file.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.SpecificationFileExists"/> or <see cref="SandboxErrorId.SpecificationFileFailed"/>.</exception>
    public static string Write(SandboxSpecification specification, string path, bool replace)
    {
        ArgumentNullException.ThrowIfNull(specification);
        ArgumentNullException.ThrowIfNull(path);
        return Write(specification, Path.GetFullPath(path), replace, isPrivate: false);
    }

    /// <summary>As the other overload.</summary>
    /// <param name="specification">The specification.</param>
    /// <param name="full">Absolute path of the file.</param>
    /// <param name="replace">A file that exists is replaced.</param>
    /// <param name="isPrivate">Only its owner may read and write it, whatever the umask says.</param>
    /// <returns>The path.</returns>
    internal static string Write(SandboxSpecification specification, string full, bool replace, bool isPrivate)
    {
        using var content = new MemoryStream();
        SpecificationWriter.Write(content, specification);

        // What could not be read again is not written: it would be missed when it is needed.
        Parse(content.ToArray(), full);
        if (!replace && Path.Exists(full))
        {
            throw Exists(full);
        }

        string temporary = $"{full}.{Guid.NewGuid():N}.tmp";
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (isPrivate && !OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using (FileStream file = new(temporary, options))
            {
                content.WriteTo(file);
            }

            File.Move(temporary, full, replace);
            return full;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            try
            {
                File.Delete(temporary);
            }
            catch (Exception second) when (second is IOException or UnauthorizedAccessException)
            {
                // The folder is gone, or closed to us: then there is no file of ours either.
            }

            throw !replace && Path.Exists(full)
                ? Exists(full)
                : new SandboxException(SandboxErrorId.SpecificationFileFailed, $"The specification can't be written to '{full}': {error.Message}", "Check the path and its permissions.", full, error);
        }
    }

    /// <summary>Reads the content of a file.</summary>
    /// <param name="json">The content, UTF-8.</param>
    /// <param name="path">Absolute path that it came from.</param>
    /// <returns>The specification.</returns>
    /// <exception cref="SandboxException">As above.</exception>
    internal static SandboxSpecification Parse(ReadOnlyMemory<byte> json, string path)
    {
        if (json.Span.StartsWith("\uFEFF"u8))
        {
            json = json[3..];
        }

        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 8 });
            var reader = new SpecificationReader(Path.GetDirectoryName(path) ?? "/");
            SandboxSpecification specification = reader.Read(document.RootElement);
            if (reader.Problems.Count > 0)
            {
                throw Invalid(path, reader.Problems);
            }

            return specification;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // The second: a string whose bytes are no UTF-8.
            throw Invalid(path, $"It is no JSON: {error.Message}", error);
        }
    }

    private static SandboxException Exists(string path) =>
        new(SandboxErrorId.SpecificationFileExists, $"The file '{path}' exists.", "Choose another name, or replace it with -Force.", path);

    private static SandboxException Invalid(string path, string message, Exception? inner = null) => new(
        SandboxErrorId.InvalidSpecificationFile, $"The specification file '{path}' can't be used: {message}", Action, path, inner);

    private static SandboxException Invalid(string path, IReadOnlyList<SpecificationProblem> problems) => new(
        SandboxErrorId.InvalidSpecificationFile,
        $"The specification file '{path}' can't be used: {string.Join(" ", problems.Select(problem => problem.Message))}",
        string.Join(" ", problems.Select(problem => problem.RecommendedAction).Distinct()),
        path)
    { Problems = problems };

    private const string Action = "Correct it; schemas/sandbox-specification.schema.json in the module's folder tells what may be in it.";
}
