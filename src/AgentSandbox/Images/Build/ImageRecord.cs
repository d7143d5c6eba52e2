using System.Text.Json;
using System.Text.Json.Serialization;

namespace AgentSandbox.Images.Build;

/// <summary>What <c>image.json</c> says about an image. The folder's place is not in it, so that the store can be moved.</summary>
internal sealed record ImageRecord
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "image.json";

    /// <summary>Name of the folder of the root file system beside it.</summary>
    public const string RootName = "rootfs";

    /// <summary>Its name, in the case that it was given.</summary>
    public required string Name { get; init; }

    /// <summary>As <see cref="SandboxImage.Kind"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>As <see cref="SandboxImage.Source"/>.</summary>
    public required string Source { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Bytes on the disk.</summary>
    public required long Size { get; init; }

    /// <summary>As <see cref="SandboxImage.HostBinds"/>.</summary>
    public IReadOnlyList<string> HostBinds { get; init; } = [];

    /// <summary>Reads the image in a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>The image, or null when the folder is not there (any more).</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.StateFailed"/>: the file is damaged.</exception>
    public static SandboxImage? TryRead(string folder)
    {
        string path = Path.Combine(folder, FileName);
        try
        {
            using FileStream file = File.OpenRead(path);
            ImageRecord record = JsonSerializer.Deserialize(file, ImageJson.Default.ImageRecord) ?? throw new JsonException("null");
            return new SandboxImage
            {
                Name = record.Name,
                Kind = record.Kind,
                Source = record.Source,
                Created = record.Created,
                Size = record.Size,
                RootPath = Path.Combine(folder, RootName),
                HostBinds = record.HostBinds,
            };
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is JsonException or IOException)
        {
            throw new SandboxException(SandboxErrorId.StateFailed, $"'{path}' can't be read: {e.Message}", "Remove the image and make it again.", path, e);
        }
    }

    /// <summary>Writes the record into a folder that nobody uses yet.</summary>
    /// <param name="folder">The folder.</param>
    public void Write(string folder) => File.WriteAllBytes(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(this, ImageJson.Default.ImageRecord));
}

/// <summary>Source-generated JSON of the images.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(ImageRecord))]
internal sealed partial class ImageJson : JsonSerializerContext;
