using System.Text.Json;

namespace AgentSandbox;

/// <summary>
/// Reads a specification from a JSON file. Strict: what a reader of the file would take for in force and this would drop, such as a misspelt limit, is an error.
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
