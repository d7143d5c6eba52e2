using System.Globalization;
using System.Text;

namespace AgentSandbox.Tests.Docker.StandIn;

/// <summary>Reads calls off a connection, as much of HTTP/1.1 as clients of an engine use.</summary>
/// <param name="input">What is read; buffered, since it is read by the byte.</param>
/// <param name="output">Where a client is told to go on with its body.</param>
internal sealed class RequestReader(BufferedStream input, Stream output)
{
    /// <summary>Reads one call.</summary>
    /// <returns>The call; null when the client has closed the connection.</returns>
    public async Task<StandInRequest?> ReadAsync(CancellationToken cancellationToken)
    {
        if (await ReadLineAsync(cancellationToken) is not { Length: > 0 } first)
        {
            return null;
        }

        string[] words = first.Split(' ');
        Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
        while (await ReadLineAsync(cancellationToken) is { Length: > 0 } line)
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }

        if (headers.ContainsKey("Expect"))
        {
            await output.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), cancellationToken);
        }

        byte[] body = await ReadBodyAsync(headers, cancellationToken);
        string[] target = words[1].Split('?', 2);
        (string? version, string path) = SplitVersion(Uri.UnescapeDataString(target[0]));
        return new(words[0], version, path, ParseQuery(target.ElementAtOrDefault(1) ?? ""), headers, body);
    }

    /// <summary>Reads what follows a call on a connection that was taken over.</summary>
    public ValueTask<int> ReadRawAsync(Memory<byte> buffer, CancellationToken cancellationToken) => input.ReadAsync(buffer, cancellationToken);

    private async Task<byte[]> ReadBodyAsync(Dictionary<string, string> headers, CancellationToken cancellationToken)
    {
        if (headers.TryGetValue("Content-Length", out string? length))
        {
            return await ReadExactlyAsync(int.Parse(length, CultureInfo.InvariantCulture), cancellationToken);
        }

        MemoryStream body = new();
        if (headers.ContainsKey("Transfer-Encoding"))
        {
            while (true)
            {
                int count = int.Parse((await ReadLineAsync(cancellationToken))!, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
                body.Write(await ReadExactlyAsync(count, cancellationToken));
                await ReadLineAsync(cancellationToken);
                if (count == 0)
                {
                    break;
                }
            }
        }

        return body.ToArray();
    }

    private async Task<byte[]> ReadExactlyAsync(int count, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[count];
        await input.ReadExactlyAsync(bytes, cancellationToken);
        return bytes;
    }

    private async Task<string?> ReadLineAsync(CancellationToken cancellationToken)
    {
        StringBuilder line = new();
        byte[] one = new byte[1];
        while (await input.ReadAsync(one, cancellationToken) == 1)
        {
            if (one[0] == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append((char)one[0]);
        }

        return null;
    }

    private static (string? Version, string Path) SplitVersion(string path)
    {
        int slash = path.IndexOf('/', 1);
        return slash > 0 && path.StartsWith("/v", StringComparison.Ordinal) && char.IsAsciiDigit(path[2]) ? (path[2..slash], path[slash..]) : (null, path);
    }

    private static Dictionary<string, string> ParseQuery(string query)
    {
        Dictionary<string, string> values = [];
        foreach (string pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] sides = pair.Split('=', 2);
            values[Uri.UnescapeDataString(sides[0])] = Uri.UnescapeDataString(sides.ElementAtOrDefault(1) ?? "");
        }

        return values;
    }
}
