using System.Globalization;
using System.Text;

namespace AgentSandbox.Backends.Docker.Engine.Hijack;

/// <summary>Writes the request that turns an HTTP connection into a raw one (the API's "hijacking").</summary>
internal static class UpgradeRequest
{
    /// <summary>The bytes of the request.</summary>
    /// <param name="path">Escaped path and query.</param>
    /// <param name="host">Value of <c>Host</c>.</param>
    /// <param name="body">JSON, or null for none.</param>
    /// <returns>Head and body.</returns>
    /// <exception cref="ArgumentException">A path or host that would end its line: never escaped rightly.</exception>
    public static byte[] Write(string path, string host, byte[]? body)
    {
        if (path.Length == 0 || path[0] != '/' || !path.All(IsVisible) || host.Length == 0 || !host.All(IsVisible))
        {
            throw new ArgumentException("Neither spaces, control characters nor anything but ASCII may be in a request's line.", nameof(path));
        }

        StringBuilder head = new();
        head.Append(CultureInfo.InvariantCulture, $"POST {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n");
        if (body is not null)
        {
            head.Append("Content-Type: application/json\r\n");
        }

        head.Append(CultureInfo.InvariantCulture, $"Content-Length: {body?.Length ?? 0}\r\n\r\n");
        return [.. Encoding.ASCII.GetBytes(head.ToString()), .. body ?? []];
    }

    private static bool IsVisible(char c) => c is > ' ' and < '\x7f';
}
