using System.Text.Json;
using System.Text.Json.Serialization;
using AgentSandbox.State.Windows;

namespace AgentSandbox.State;

/// <summary>Source-generated JSON of the state files, so that they are read and written ahead-of-time compiled too.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, UseStringEnumConverter = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SandboxRecord))]
[JsonSerializable(typeof(RuntimeState))]
[JsonSerializable(typeof(SandboxCheckpoint))]
[JsonSerializable(typeof(Backends.Docker.Containers.ContainerRecord))]
[JsonSerializable(typeof(Backends.Docker.Containers.Creator))]
[JsonSerializable(typeof(Backends.Linux.Runtime.SupervisorReport))]
internal sealed partial class StateJson : JsonSerializerContext
{
    /// <summary>The same on one line.</summary>
    public static StateJson Compact { get; } = new(new JsonSerializerOptions { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull });
}

/// <summary>Whole-file reads and writes that a kill can't leave half done: a new file, then rename(2), or MoveFileEx on Windows.</summary>
internal static class StateFile
{
    /// <summary>Reads a file.</summary>
    /// <returns>Its content, or null when it does not exist.</returns>
    /// <exception cref="SandboxException"><see cref="SandboxErrorId.StateFailed"/>: the file is damaged.</exception>
    public static T? TryRead<T>(string path, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        byte[] bytes;
        try
        {
            bytes = ReadAll(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(bytes, type);
        }
        catch (JsonException e)
        {
            throw new SandboxException(SandboxErrorId.StateFailed, $"The state file {path} is damaged: {e.Message}", "Delete its folder after a look at it.", path, e);
        }
    }

    /// <summary>Reads a small file that another process may replace or delete at any time.</summary>
    /// <returns>Its content.</returns>
    internal static byte[] ReadAll(string path) => WindowsRetry.Run(() =>
    {
        // Shared with everything: on Windows an open file could else not be replaced.
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        using var content = new MemoryStream();
        file.CopyTo(content);
        return content.ToArray();
    });

    /// <summary>The same as text.</summary>
    /// <returns>Its content.</returns>
    internal static string ReadText(string path) => System.Text.Encoding.UTF8.GetString(ReadAll(path));

    /// <summary>Writes a file.</summary>
    public static void Write<T>(string path, T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(value, type));
            WindowsRetry.Run(() => File.Move(temporary, path, overwrite: true));
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }
}
