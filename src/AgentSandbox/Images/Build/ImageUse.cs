using System.Text.Json;
using AgentSandbox.State;

namespace AgentSandbox.Images.Build;

/// <summary>Finds out whether a sandbox stands on an image.</summary>
internal static class ImageUse
{
    /// <summary>Looks through the records of all sandboxes.</summary>
    /// <param name="home">The state folder.</param>
    /// <param name="image">Name of the image.</param>
    /// <returns>True when one has it, or when one can't be read and so might.</returns>
    public static bool IsUsed(SandboxHome home, string image)
    {
        if (!Directory.Exists(home.Sandboxes))
        {
            return false;
        }

        foreach (string folder in Directory.EnumerateDirectories(home.Sandboxes))
        {
            string path = Path.Combine(folder, "sandbox.json");
            try
            {
                using JsonDocument record = JsonDocument.Parse(File.ReadAllBytes(path));
                string used = Property(Property(record.RootElement, "Specification"), "Image")?.GetString() ?? SandboxSpecification.HostImage;
                if (string.Equals(used, image, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
            {
                // Removed just now, or not a sandbox yet: it has no image.
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                return true;
            }
        }

        return false;
    }

    private static JsonElement? Property(JsonElement? element, string name)
    {
        if (element is { ValueKind: JsonValueKind.Object } value)
        {
            foreach (JsonProperty property in value.EnumerateObject())
            {
                if (string.Equals(property.Name, name, StringComparison.OrdinalIgnoreCase))
                {
                    return property.Value;
                }
            }
        }

        return null;
    }
}
