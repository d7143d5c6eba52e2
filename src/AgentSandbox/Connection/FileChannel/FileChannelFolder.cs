using System.Globalization;
using System.Security.Cryptography;
using AgentSandbox.Protocol.FileChannel;

namespace AgentSandbox.Connection.FileChannel;

/// <summary>Makes the folders of channels.</summary>
internal static class FileChannelFolder
{
    /// <summary>A new channel's id.</summary>
    /// <returns>16 hexadecimal digits from the system's generator.</returns>
    public static string NewId()
    {
        byte[] bytes = new byte[SegmentName.IdLength / 2];
        using (var random = RandomNumberGenerator.Create())
        {
            random.GetBytes(bytes);
        }

        return string.Concat(Array.ConvertAll(bytes, static b => b.ToString("x2", CultureInfo.InvariantCulture)));
    }

    /// <summary>Makes a folder that was not there.</summary>
    /// <param name="parent">An existing folder.</param>
    /// <param name="id">The channel.</param>
    /// <returns>Its path, or null when it is there: then it belongs to a channel of the past.</returns>
    /// <exception cref="IOException">It can't be made.</exception>
    public static string? TryCreate(string parent, string id)
    {
        string path = Path.Combine(parent, id);
        if (Directory.Exists(path) || File.Exists(path))
        {
            return null;
        }

        Directory.CreateDirectory(path);
        return path;
    }
}
